# SPDX-License-Identifier: GPL-2.0
"""Read the results of a boot, compare them with the expected ones, show tables."""
