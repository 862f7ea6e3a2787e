# SPDX-License-Identifier: GPL-2.0
"""make bench: cost of DMA operations, in instructions.

With -icount, QEMU counts one nanosecond for each instruction, so that a measurement can
be repeated.  All kernels have KUnit and kprobes, and no debug options.
"""

import collections.abc
import dataclasses
import re

from ..util.errors import UserError
from ..util.paths import BUILD
from ..sources import tree as trees
from ..series import selection
from ..rig.boot import Boot
from ..rig.variant import PATCHED, STOCK, WITHOUT_SPEED, Variant
from . import kernels, profile
from .profile import Case
from .rfc import RFC

ICOUNT = ["-icount", "shift=0,sleep=off"]
# A mapping at a random address can need one page table or two.
ARGS = "console={} panic=-1 swiotlb=2048 norandmaps workload=bench"
LINE = re.compile(r"^# cost,(.*)$", re.M)
FIELDS = ("op", "memory", "device", "KiB", "dir", "grants", "regions")
BARE = "no Xen"
# {case: (instructions, hypercalls)}, for one kernel; a case has the FIELDS.
Counts = dict[Case, tuple[float, int]]


def of_kernel(name: str, case: Case) -> Case:
    """Return the case of a kernel; without Xen, it is that without a grant."""
    return (*case[:5], "0", case[6]) if name == BARE else case


@dataclasses.dataclass
class Costs:
    """The costs of all kernels.

    counts, again -- {name of the kernel: Counts}, measured twice
    traces        -- {name of the kernel: its Profile}
    """
    tree: trees.Tree
    counts: dict[str, Counts] = dataclasses.field(default_factory=dict)
    again: dict[str, Counts] = dataclasses.field(default_factory=dict)
    traces: dict[str, profile.Profile] = dataclasses.field(default_factory=dict)

    def cost(self, name: str, case: Case) -> float | None:
        """Return the cost of a case."""
        found = self.counts[name].get(of_kernel(name, case))
        return found[0] if found else None


def variants(tree: trees.Tree) -> dict[str, Variant]:
    """Return {name: Variant} of the kernels to boot under Xen."""
    found = {"stock": STOCK, "RFC": RFC, "series": PATCHED}
    if selection.has_part(tree, "speed"):
        found |= {"series": WITHOUT_SPEED, "speed": PATCHED}
    return found


def check_rows(costs: Costs, name: str) -> None:
    """Stop if a kernel lacks a row of stock; without Xen, there are fewer."""
    wanted = {case for case in costs.counts["stock"]
              if name != BARE or (case[5] == "0" and case[1] != "foreign")}
    for counts in (costs.counts[name], costs.again[name]):
        differ = wanted ^ set(counts)
        if differ:
            raise UserError(f"{name}: the row {', '.join(min(differ))} is not in each measurement")


def parse(console: str) -> Counts:
    """Return the costs on a console; all rows without additional regions have the same."""
    found = {}
    for line in LINE.findall(console):
        name, cost, calls = line.strip().rsplit(",", 2)
        found[profile.case_of(name)] = (float(cost), int(calls))
    return found


def prepare(tree: trees.Tree, xen: str | None, variant: Variant, suffix: str = "") -> Boot:
    """Return the Boot that measures one kernel, under Xen or without."""
    where = f"xen{xen}" if xen else "bare"
    return Boot(
        tree, xen, variant, kernels.recipe(tree, kind=kernels.BENCH),
        BUILD / "bench" / f"{tree.name}-{where}-{variant.name}{suffix}", "for make bench",
        args=ARGS.format("hvc0" if xen else "ttyAMA0"), devices=list(ICOUNT))


def measure_once(tree: trees.Tree, xen: str | None, variant: Variant) -> Counts:
    """Boot one kernel, and return its costs."""
    boot = prepare(tree, xen, variant)
    console, timed_out = boot.console()
    if timed_out or "# costs complete" not in console:
        raise UserError(f"the measurement did not end; see {boot.home}/console.log")
    return parse(console)


def measure(tree_name: str, xen: str) -> Costs:
    """Measure the kernels of one tree twice, and trace them once."""
    tree = trees.get(tree_name)
    costs = Costs(tree)
    for name, variant in [*variants(tree).items(), (BARE, PATCHED)]:
        where = xen if name != BARE else None
        costs.counts[name] = measure_once(tree, where, variant)
        costs.again[name] = measure_once(tree, where, variant)
        check_rows(costs, name)
        costs.traces[name] = profile.trace(prepare(tree, where, variant, "-trace"))
    return costs


def calls_and_barriers(costs: Costs, case: Case) -> tuple[str, str]:
    """Return the hypercalls of the kernels under Xen, and the barriers of all kernels."""
    calls = "/".join(str(counts[case][1]) if case in counts else "-"
                     for name, counts in costs.counts.items() if name != BARE)
    barriers = []
    for name, traced in costs.traces.items():
        found = traced.barriers.get(of_kernel(name, case))
        barriers.append("-" if found is None else str(found))
    return calls, "/".join(barriers)


def rows(costs: Costs) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and a row for each case."""
    yield (*FIELDS, *costs.counts, "calls", "barriers")
    for case in costs.counts["series"]:
        each = [costs.cost(name, case) for name in costs.counts]
        yield (*case, *("-" if cost is None else f"{cost:.0f}" for cost in each),
               *calls_and_barriers(costs, case))
