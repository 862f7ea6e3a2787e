# SPDX-License-Identifier: GPL-2.0
"""Paths, errors, programs and files; every other package uses these."""
