# SPDX-License-Identifier: GPL-2.0
"""make check: promises of the README, tested through the front door."""
