# SPDX-License-Identifier: GPL-2.0
"""make bench: cost of one map and unmap, in instructions.

With -icount, QEMU counts one nanosecond for each instruction, so that a measurement can
be repeated.  All kernels have KUnit and kprobes, and no debug options.
"""

import collections.abc
import re

from ..util.errors import UserError
from ..util.paths import BUILD
from ..sources import tree as trees
from ..series import selection
from ..rig.boot import Boot
from ..rig.variant import PATCHED, STOCK, Variant
from . import kernels
from .rfc import RFC

# {(memory, device, bytes, direction): (instructions, hypercalls)}, for one kernel.
Counts = dict[tuple[str, ...], tuple[float, int]]
AllCounts = dict[str, Counts]
ICOUNT = ["-icount", "shift=0,sleep=off"]
ARGS = "console={} panic=-1 swiotlb=2048 workload=bench"
LINE = re.compile(r"^# cost,(.*)$", re.M)
FIELDS = ("memory", "device", "bytes", "dir")
KERNELS = {"stock": STOCK, "RFC": RFC, "series": PATCHED}
BARE = "no Xen"
NOISE = 0.005	# largest relative difference of two measurements
# Most instructions for the own pool in addition to those for a coherent device: a search
# in memblock for map and for unmap, and a comparison with the pool.  Measured on
# 2026-11-27 without debug options: 166 to 236.  Earlier limits of 60 and 160 were missed.
OWN = 240


def measure_once(tree: trees.Tree, xen: str | None, variant: Variant) -> Counts:
    """Boot one kernel, under Xen or without, and return its costs."""
    where = f"xen{xen}" if xen else "bare"
    home = BUILD / "bench" / f"{tree.name}-{where}-{variant.name}"
    console, timed_out = Boot(
        tree, xen, variant, kernels.recipe(tree, kind=kernels.BENCH), home, "for make bench",
        args=ARGS.format("hvc0" if xen else "ttyAMA0"), devices=ICOUNT).console()
    if timed_out or "# costs complete" not in console:
        raise UserError(f"the measurement did not end; see {home}/console.log")
    found = {}
    for line in LINE.findall(console):
        *case, cost, calls = line.split(",")
        found[tuple(case)] = (float(cost), int(calls))
    return found


def measure(tree_name: str, xen: str) -> tuple[trees.Tree, AllCounts, AllCounts]:
    """Measure one tree twice, under Xen and without; return (tree, counts, counts again)."""
    tree = trees.get(tree_name)
    twice = []
    for _ in range(2):
        counts = {name: measure_once(tree, xen, variant) for name, variant in KERNELS.items()}
        counts[BARE] = measure_once(tree, None, PATCHED)
        twice.append(counts)
    return tree, twice[0], twice[1]


def apart(counts: AllCounts, again: AllCounts) -> float:
    """Return the largest difference of two measurements, as a fraction."""
    return max(abs(counts[name][case][0] - again[name][case][0]) / counts[name][case][0]
               for name in counts for case in counts[name])


def unexpected(tree: trees.Tree, counts: AllCounts, again: AllCounts) -> list[str]:
    """Return the costs above the limits, one line each.

    RAM may cost at most as much as on stock, plus the noise of these measurements.
    The part "next" maintains the own pool without Xen.
    """
    noise = apart(counts, again)
    lines = []
    if noise > NOISE:
        lines.append(f"two measurements differ by {noise:.2%}, more than {NOISE:.1%}")
    own_pool = any(p.part == "next" for p in selection.patches_for(tree))
    for case, (ours, calls) in counts["series"].items():
        memory, device = case[:2]
        stock = counts["stock"][case][0]
        coherent = counts["series"][("RAM", "coherent", *case[2:])][0]
        if memory == "RAM" and ours > stock * (1 + noise):
            lines.append(f"{', '.join(case)}: {ours:.0f}, on stock {stock:.0f}")
        if device != "owner" or not own_pool:
            continue
        if calls:
            lines.append(f"{', '.join(case)}: {calls} hypercalls, expected none")
        if ours > coherent + OWN:
            lines.append(f"{', '.join(case)}: {ours:.0f}, a coherent device {coherent:.0f}")
        if ours > stock:
            lines.append(f"{', '.join(case)}: {ours:.0f}, and {stock:.0f} on stock")
    return lines


def rows(counts: AllCounts) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and a row for each case."""
    under_xen = [n for n in counts if n != BARE]
    yield (*FIELDS, *counts, "calls")
    for case in counts["series"]:
        yield (*case, *(f"{counts[n][case][0]:.0f}" for n in counts),
               "/".join(str(counts[n][case][1]) for n in under_xen))
