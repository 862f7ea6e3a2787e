# SPDX-License-Identifier: GPL-2.0
"""Build kernels and boot them in QEMU."""
