# SPDX-License-Identifier: GPL-2.0
"""make demo: kinds of devices and of memory, under Xen and without it."""

from ..util.archs import ARCH
from ..util.paths import BUILD, TESTS
from ..sources import tree as trees
from ..results.run import Run
from ..rig import initramfs
from ..rig.boot import Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import kernels

PLACE = TESTS / "devices"
# Helpers of other programs.
SHARED = ("outcome.c", "seen.c", "buffer.c", "memory.c", "clients/runner.c", "clients/file.c")
# The driver in udma.c syncs memory that it has not mapped, and dma-debug warns of that.
ARGS = "workload=devices dma_debug=off"


def run(xen: str | None, variant: Variant = PATCHED) -> Run:
    """Boot the newest tree, with SWIOTLB_DYNAMIC; xen -- None without Xen."""
    tree, machine = trees.get("newest"), MACHINES[ARCH]
    recipe = kernels.recipe(tree, ARCH, kernels.DEVICES, (PLACE / "test_modules",))
    where = f"xen{xen}" if xen else "qemu"
    boot = Boot(tree, xen, variant, recipe,
                BUILD / "dom0" / f"{tree.name}-{where}-{ARCH}-{variant.name}-devices",
                "with kinds of devices",
                f"{machine.dom0_args if xen else machine.bare_args} {ARGS}",
                control=PLACE / ("stock-failures.ini" if xen else "stock-failures-bare.ini"))
    boot.defines = {"DEVICES": "1"}
    boot.files = {"bin/xen_dma_devices": initramfs.program(
        "xen_dma_devices", [*sorted(PLACE.glob("*.c")), *(TESTS / name for name in SHARED)],
        ARCH, tree.path / "include/uapi")}
    return boot.run()
