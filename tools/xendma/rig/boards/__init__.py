# SPDX-License-Identifier: GPL-2.0
"""A kit for a real board: device tree, places in memory, boot script, image."""
