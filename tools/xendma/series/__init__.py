# SPDX-License-Identifier: GPL-2.0
"""Generate the patch series for one kernel tree."""
