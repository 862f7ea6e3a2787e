# SPDX-License-Identifier: GPL-2.0
"""make faults: each allocation and each hypercall of the DMA operations fails in turn."""

import re

from ..util.archs import ARCH
from ..util.paths import BUILD, TESTS
from ..sources import tree as trees
from ..results import report, tables
from ..results.run import Run
from ..rig import initramfs
from ..rig.boot import Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import kernels, sanitize, stress

PLACE = TESTS / "faults"
# Helpers of other programs.
SHARED = ("outcome.c", "seen.c", "buffer.c", "memory.c", "leak.c", "clients/runner.c",
          "clients/file.c")
# dma-debug stops for ever when one of its own allocations fails.
ARGS = f"workload=faults dma_debug=off {sanitize.EACH_REPORT} {stress.HOTPLUG}"
# Seconds; a kernel with KASAN is slow.
TIMEOUT = 2400

# A message of a test: its faults.
COUNTS = re.compile(r"(\d+) (allocations|hypercalls): (\d+) refused, (\d+) survived")


def prepare(xen: str, variant: Variant = PATCHED, kind: str = kernels.SANITIZE) -> Boot:
    """Return the Boot of one dom0 of the newest tree; kind -- of the kernel."""
    tree = trees.get("newest")
    recipe = kernels.recipe(tree, ARCH, kind, (PLACE / "test_modules",))
    boot = Boot(tree, xen, variant, recipe,
                BUILD / "dom0" / f"{tree.name}-xen{xen}-{ARCH}-{variant.name}-faults",
                "with faults", f"{MACHINES[ARCH].dom0_args} {ARGS}",
                control=PLACE / "stock-failures.ini")
    boot.files = {"bin/xen_dma_faults": initramfs.program(
        "xen_dma_faults", [*sorted(PLACE.glob("*.c")), *(TESTS / name for name in SHARED)],
        ARCH, tree.path / "include/uapi")}
    return boot


def run(xen: str, variant: Variant = PATCHED) -> sanitize.Judged:
    """Boot, and judge the Run and the reports of sanitizers."""
    boot = prepare(xen, variant)
    return sanitize.judge("faults", boot, [], boot.run(timeout=TIMEOUT), TIMEOUT)


def rows(run: Run) -> list[tuple[str, ...]]:
    """Return the table: a head, and the faults of each operation that passes."""
    counts = [(name, COUNTS.search(message)) for name, (_, message) in run.tests.items()]
    return [("operation", "faults", "of", "refused", "survived"),
            *((name, *found.groups()) for name, found in counts if found)]


def text(run: Run) -> str:
    """Return the table and the summary as text."""
    return f"{tables.text(rows(run))}\n\n{report.summary(run)}"
