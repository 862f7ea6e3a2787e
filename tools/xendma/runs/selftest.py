# SPDX-License-Identifier: GPL-2.0
"""make dom0: boot one dom0 and run the tests in it."""

from ..util.archs import ARCH
from ..util.paths import BUILD
from ..sources import hypervisor, tree as trees
from ..results.run import Run
from ..series import selection
from ..rig import boot
from ..rig.boot import Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import kernels


def prepare(tree_name: str, xen: str, variant: Variant = PATCHED, provoke: str = "",
            cells: bool = False, arch: str = ARCH) -> Boot:
    """Return the Boot of one dom0 with the tests.

    provoke -- another end of the run, which the rig must detect (see dom0/init; "xen":
               Xen panics)
    cells   -- print every cell, not only rows
    """
    hypervisor.binary(xen, arch)	# stop at an unknown version first
    tree, machine = trees.get(tree_name), MACHINES[arch]
    args = machine.dom0_args + (f" provoke={provoke}" if provoke else "")
    args += " cells=1" if cells else ""
    args += " mainline=1" if any(p.part == "next" for p in selection.patches_for(tree)) else ""
    # Xen panics if dom0 gets more memory than the machine has.
    xen_args = machine.xen_args.replace("256M", "8G") if provoke == "xen" else None
    name = f"{tree.name}-xen{xen}-{arch}-{variant.name}" + (f"-{provoke}" if provoke else "")
    return Boot(tree, xen, variant, kernels.recipe(tree, arch), BUILD / "dom0" / name,
                f"provoked: {provoke}" if provoke else "", args, xen_args)


def run(tree_name: str, xen: str, variant: Variant = PATCHED, provoke: str = "",
        show: bool = True, timeout: float = boot.TIMEOUT, cells: bool = False,
        arch: str = ARCH) -> Run:
    """Boot one dom0, run the tests, return the Run; the options are those of prepare()."""
    return prepare(tree_name, xen, variant, provoke, cells, arch).run(show, timeout)
