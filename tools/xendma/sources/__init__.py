# SPDX-License-Identifier: GPL-2.0
"""Kernel sources and programs, from Debian or from a directory."""
