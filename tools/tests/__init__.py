# SPDX-License-Identifier: GPL-2.0
"""make check: what the README promises, tested through the front door."""
