# SPDX-License-Identifier: GPL-2.0
"""The machines that QEMU emulates, one for each architecture."""

from . import q35, vexpress, virt

MACHINES = {"arm64": virt, "arm": vexpress, "x86_64": q35}
