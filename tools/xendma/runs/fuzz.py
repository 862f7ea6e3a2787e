# SPDX-License-Identifier: GPL-2.0
"""make fuzz: random calls of the DMA API in a dom0, against a model.

A test program draws sequences of operations from a seed.  The same seed gives the same
sequences on each kernel.
"""

import dataclasses
import re

from ..util.archs import ARCH
from ..util.errors import UserError
from ..util.paths import BUILD, TESTS
from ..sources import tree as trees
from ..results import expected, report
from ..results.run import Run
from ..rig import initramfs
from ..rig.boot import TIMEOUT, Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import kernels, stress

PLACE = TESTS / "fuzz"
# Helpers of other programs.
SHARED = ("outcome.c", "seen.c", "buffer.c", "memory.c", "leak.c")
# The fuzzer makes mistakes of drivers, and dma-debug warns of these.
ARGS = "workload=fuzz dma_debug=off"
# The processes of a race.  On a host with two CPUs, more would mostly wait for locks.
WORKERS = 2
OPS = 40	# of a sequence, see fuzzer.h
TOTAL = re.compile(r"^# (\d+) calls in (\d+) sequences, (\d+) requests of the p2m, seed (\d+)$",
                   re.M)
REPLAY = re.compile(r"^# replay: (SEED=(\d+)(?: ONLY=([\d,]+))?)$", re.M)

# Seeded faults, each of which the fuzzer must find within a minute.
# A mapping that begins in the middle of a buffer shows the page after the right one.
NEXT_PAGE = Variant("fuzz-next-page", spoil=(
    "static int xen_dma_get_sgtable(struct device *dev, struct sg_table *sgt,",
    """static int xen_dma_mmap(struct device *dev, struct vm_area_struct *vma, void *cpu_addr,
			dma_addr_t addr, size_t size, unsigned long attrs)
{
	if (vma->vm_pgoff)
		addr += PAGE_SIZE;
	return dma_direct_mmap(dev, vma, cpu_addr, addr, size, attrs);
}

static int xen_dma_get_sgtable(struct device *dev, struct sg_table *sgt,""",
    "	.mmap = dma_direct_mmap,", "	.mmap = xen_dma_mmap,"))
# The scatterlist of a buffer lacks the rest of the last page.
SHORT_TABLE = Variant("fuzz-short-table", spoil=(
    "	return dma_direct_get_sgtable(dev, sgt, cpu_addr, addr, size, attrs);",
    "	return dma_direct_get_sgtable(dev, sgt, cpu_addr, addr, (size & PAGE_MASK) ?: size,\n"
    "				      attrs);"))
# A race: a lookup reads the tree that a writer changes now.
TORN_LOOKUP = Variant("fuzz-torn-lookup", spoil=(
    "	node = latch_tree_find((void *)pfn, &phys_to_mach, &p2m_ops);",
    "	node = __lt_find((void *)pfn, &phys_to_mach, 0, p2m_ops.comp);"))
FAULTS = (NEXT_PAGE, SHORT_TABLE)
RACES = (TORN_LOOKUP,)


@dataclasses.dataclass(frozen=True)
class Plan:
    """Arguments of the fuzzer.

    seed    -- of the first sequence; the next sequences have the next seeds
    seconds -- how long it draws sequences
    calls   -- it ends after so many calls, and fails if it has made fewer
    ops     -- the numbers of the operations to run, as "0,3,7"; "" for all
    once    -- run one sequence
    fault   -- a fault of the run, which its results must show (see main.c)
    """
    seed: int = 1
    seconds: int = 60
    calls: int = 0
    ops: str = ""
    once: bool = False
    fault: str = ""

    def args(self, workers: int) -> str:
        """Return the kernel arguments."""
        values = {"seed": self.seed, "seconds": self.seconds, "calls": self.calls,
                  "workers": workers, "ops": self.ops, "sequences": int(self.once),
                  "fault": self.fault}
        return " ".join(f"fuzz.{name}={value}" for name, value in values.items() if value)


@dataclasses.dataclass
class Totals:
    """Counts of one boot."""
    calls: int
    sequences: int
    requests: int
    seed: int


def prepare(xen: str | None, variant: Variant = PATCHED, plan: Plan = Plan(),
            workers: int = 1, kind: str = "") -> Boot:
    """Return the Boot of the newest tree.

    xen     -- None without Xen
    workers -- more than 1: with races
    kind    -- as in kernels.recipe()
    """
    tree = trees.get("newest")
    machine = stress.MACHINE if workers > 1 else MACHINES[ARCH]
    where = f"xen{xen}" if xen else "qemu"
    name = "-".join(filter(None, (tree.name, where, ARCH, variant.name, "fuzz",
                                  "race" if workers > 1 else "", kind, plan.fault)))
    usual = machine.dom0_args if xen else machine.bare_args
    boot = Boot(tree, xen, variant,
                kernels.recipe(tree, kind=kind, modules=(PLACE / "test_modules",)), BUILD / "dom0" / name,
                "fuzzing" + (f" with {workers} CPUs" if workers > 1 else ""),
                f"{usual} {ARGS} {plan.args(workers)}", machine=machine,
                control=PLACE / "stock-failures.ini" if xen else expected.NO_FAILURES)
    boot.files = {"fuzz-seeds": PLACE / "seeds", "bin/xen_dma_fuzz": initramfs.program(
        "xen_dma_fuzz", [*sorted(PLACE.glob("*.c")), *(TESTS / name for name in SHARED)], ARCH,
        tree.path / "include/uapi")}
    return boot


def run(xen: str | None, variant: Variant = PATCHED, plan: Plan = Plan(),
        workers: int = 1) -> Run:
    """Fuzz one kernel; the options are those of prepare()."""
    return prepare(xen, variant, plan, workers).run(timeout=plan.seconds + TIMEOUT)


def both(xen: str, variant: Variant, plan: Plan) -> list[Run]:
    """Fuzz one kernel without races, and then with races; a replay is without."""
    return [run(xen, variant, plan, workers)
            for workers in ((1,) if plan.once else (1, WORKERS))]


def operations(text: str) -> str:
    """Return a list of operations, "0,3,7", after a check; "" for all."""
    found = re.fullmatch(r"[0-9]{1,2}(?:,[0-9]{1,2})*", text)
    if text and (not found or any(int(n) >= OPS for n in text.split(","))):
        raise UserError(f"ONLY={text} is unknown: give numbers of operations, as 0,3,7; the "
                        f"largest is {OPS - 1}")
    return text


def totals(console: str) -> Totals:
    """Return the counts on a console."""
    found = TOTAL.findall(console)
    if not found:
        raise UserError("the fuzzer has printed no counts")
    return Totals(*map(int, found[-1]))


def replay(console: str) -> tuple[str, int, str] | None:
    """Return (variables of make, seed, operations) of the failure on a console, or None.

    A failure of a race has no operations: they need not fail again.
    """
    found = REPLAY.findall(console)
    return (found[-1][0], int(found[-1][1]), found[-1][2]) if found else None


def text(runs: list[Run]) -> str:
    """Return the counts, the failures and the summaries as text."""
    lines = []
    for run in runs:
        console = (run.home / "console.log").read_text(errors="replace")
        for name, (status, message) in run.tests.items():
            if status == "FAIL" and message:
                lines.append(f"{name}: {message}")
        if TOTAL.search(console):
            t = totals(console)
            lines.append(f"{t.calls} calls in {t.sequences} sequences, from seed {t.seed}")
        again = replay(console)
        if again:
            stock = "" if run.variant == PATCHED.name else " SERIES=0"
            lines.append(f"replay: make fuzz {again[0]} XEN={run.xen}{stock}")
        lines.append(report.summary(run))
    return "\n".join(lines)
