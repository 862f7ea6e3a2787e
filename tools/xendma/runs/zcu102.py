# SPDX-License-Identifier: GPL-2.0
"""make demo: the display controller of the board ZCU102, which QEMU emulates."""

from ..util.archs import ARCH
from ..results.run import Run
from ..rig.machines import zcu102
from ..rig.variant import PATCHED, Variant
from . import drivers


def run(xen: str, variant: Variant = PATCHED) -> tuple[Run, list[str]]:
    """Boot the newest tree; return (Run, faults of its pictures)."""
    boot = drivers.prepare(xen, variant, name=zcu102.NAME)
    boot.about, boot.machine = "on the board ZCU102", zcu102.Zcu102()
    boot.args = f"{boot.machine.dom0_args} {drivers.ARGS} machine={zcu102.NAME}"
    boot.defines = {"CLIENTS": "1"}
    boot.files = drivers.program(boot.tree, ARCH)
    return drivers.photograph(boot)
