# SPDX-License-Identifier: GPL-2.0
"""make dom0: boot one dom0 and run the tests in it."""

import pathlib

from ..util.archs import ARCH
from ..util.paths import BUILD
from ..sources import hypervisor, tree as trees
from ..results.run import Run
from ..series import selection
from ..rig import boot
from ..rig.boot import Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant, chosen
from . import kernels

# The DMA operations of the part "speed".
OPERATIONS = pathlib.PurePath("arch/arm/xen/dma.c")


def words(tree: trees.Tree, variant: Variant) -> list[str]:
    """Return the kernel arguments that say which tests are for a kernel."""
    speed = any(OPERATIONS in p.adds for p in chosen(tree, variant))
    return ["mainline=1"] * selection.has_part(tree, "next") + ["speed=1"] * speed


def prepare(tree_name: str, xen: str, variant: Variant = PATCHED, fault: str = "",
            cases: bool = False, arch: str = ARCH, workload: str = "", kind: str = "",
            modules: tuple[pathlib.Path, ...] = ()) -> Boot:
    """Return the Boot of one dom0 with the tests.

    fault    -- a fault of the run, which the rig must detect (see dom0/init; "xen": Xen panics)
    workload -- another program than the tests (see dom0/init)
    cases    -- print every case, not only scenarios
    kind, modules -- as in kernels.recipe()
    """
    hypervisor.binary(xen, arch)	# stop at an unknown version first
    tree, machine = trees.get(tree_name), MACHINES[arch]
    asked = {"workload": workload, "fault": fault, "cases": "1" * cases,
             "log_buf_len": "8M" * cases}
    args = " ".join([machine.dom0_args, *words(tree, variant),
                     *(f"{k}={v}" for k, v in asked.items() if v)])
    # Xen panics if dom0 gets more memory than the machine has.
    xen_args = machine.xen_args.replace("256M", "8G") if fault == "xen" else None
    name = "-".join(filter(None, (f"{tree.name}-xen{xen}-{arch}-{variant.name}", kind, workload,
                            fault)))
    about = ", ".join(filter(None, (kind, workload, fault and f"with fault {fault}")))
    return Boot(tree, xen, variant, kernels.recipe(tree, arch, kind, modules),
                BUILD / "dom0" / name, about, args, xen_args)


def run(tree_name: str, xen: str, variant: Variant = PATCHED, fault: str = "",
        show: bool = True, timeout: float = boot.TIMEOUT, cases: bool = False,
        arch: str = ARCH, workload: str = "") -> Run:
    """Boot one dom0, run the tests, return the Run; the options are those of prepare()."""
    return prepare(tree_name, xen, variant, fault, cases, arch, workload).run(show, timeout)
