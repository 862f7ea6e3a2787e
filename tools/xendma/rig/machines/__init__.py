# SPDX-License-Identifier: GPL-2.0
"""The machines that QEMU emulates, one for each architecture."""

from .machine import Load, Machine
from .q35 import Q35
from .vexpress import Vexpress
from .virt import Virt

MACHINES: dict[str, Machine] = {"arm64": Virt(), "arm": Vexpress(), "x86_64": Q35()}
__all__ = ["MACHINES", "Load", "Machine"]
