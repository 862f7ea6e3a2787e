# SPDX-License-Identifier: GPL-2.0
"""The limits of make bench."""

import collections.abc

from ..util.errors import UserError
from ..series import selection
from .bench import BARE, Costs
from .profile import Case

NOISE = 0.005	# largest relative difference of two measurements
# The same for an allocation, whose cost depends on what is free.  NOISE was missed: two
# measurements differ by up to 1.1 %.
NOISE_OF_ALLOC = 0.02
# Most instructions for the own pool in addition to those for a coherent device.
OWN = 60
# Without the part speed: a search in memblock for map and for unmap, and a comparison
# with the pool.  Measured on 2026-11-27: 166 to 236.  Lower limits were missed.
OWN_BEFORE = 240
# {(op, KiB, dir): cost of local memory with the part speed, to that without Xen}
RATIOS = {("map", "4", "to"): 1.10, ("map", "4", "from"): 1.10,
          ("map", "64", "to"): 1.02, ("map", "64", "from"): 1.02,
          ("sg", "64", "to"): 1.05, ("sg", "64", "from"): 1.05,
          ("sg", "256", "to"): 1.05, ("sg", "256", "from"): 1.05}
GRANTS = ("0", "10000")
ALIKE = 0.01	# largest relative difference of GRANTS
# Most instructions of a foreign page with 10,000 grants in addition to those with 100: a
# tree has seven more levels then.
LEVELS = 100


def case_of(op: str, kib: str, direction: str, grants: str = "0") -> Case:
    """Return a case of local memory."""
    return (op, "RAM", "no pool", kib, direction, grants, "few")


# Rows without which a limit would not be checked.
FOREIGN = ("map", "foreign", "no pool", "4", "to")
NEEDED = {*(case_of(*of, n) for of in RATIOS for n in GRANTS),
          *((*FOREIGN, n, "few") for n in ("100", "10000")),
          *(("map", *place, kib, direction, "0", "few") for kib in ("4", "64")
            for direction in ("to", "from")
            for place in (("RAM", "coherent"), ("static pool", "owner"),
                          ("dynamic pool", "owner")))}


def apart(costs: Costs, alloc: bool = False) -> float:
    """Return the largest difference of two measurements, as a fraction."""
    return max((abs(counts[case][0] - costs.again[name][case][0]) / counts[case][0]
                for name, counts in costs.counts.items() for case in counts
                if (case[0] == "alloc") == alloc), default=0)


def of_noise(costs: Costs) -> collections.abc.Iterator[str]:
    """Two measurements of the same kernel are the same, but for some noise."""
    for name, counts in costs.counts.items():
        for case, (first, _) in counts.items():
            second = costs.again[name][case][0]
            most = NOISE_OF_ALLOC if case[0] == "alloc" else NOISE
            if abs(first - second) > first * most:
                yield (f"{name}, {', '.join(case)}: two measurements differ: {first:.0f} and "
                       f"{second:.0f}, allowed {most:.1%}")


def of_ram(costs: Costs, name: str, noise: float) -> collections.abc.Iterator[str]:
    """RAM may cost at most as much as on stock, plus the noise of these measurements.

    Without the part speed, memblock is searched, which takes longer with more regions.
    """
    for case, (ours, _) in costs.counts[name].items():
        stock = costs.counts["stock"][case][0]
        allowed = NOISE_OF_ALLOC if case[0] == "alloc" else noise
        if name == "series" and case[-1] != "few":
            continue
        if case[1] == "RAM" and ours > stock * (1 + allowed):
            yield f"{name}, {', '.join(case)}: {ours:.0f}, on stock {stock:.0f}"


def of_own_pool(costs: Costs, name: str, most: int) -> collections.abc.Iterator[str]:
    """The kernel maintains no caches of the own pool, and does not ask Xen."""
    counts = costs.counts[name]
    for case, (ours, calls) in counts.items():
        if case[2] != "owner":
            continue
        coherent = counts[("map", "RAM", "coherent", *case[3:])][0]
        stock = costs.counts["stock"][case][0]
        if calls:
            yield f"{name}, {', '.join(case)}: {calls} hypercalls, expected none"
        if ours > coherent + most:
            yield (f"{name}, {', '.join(case)}: {ours:.0f}, a coherent device {coherent:.0f}, "
                   f"allowed {most} more")
        if ours > stock:
            yield f"{name}, {', '.join(case)}: {ours:.0f}, and {stock:.0f} on stock"


def of_speed(costs: Costs) -> collections.abc.Iterator[str]:
    """Local memory costs what it costs without Xen, for any number of grants."""
    for (op, kib, direction), ratio in RATIOS.items():
        few, many = (costs.counts["speed"][case_of(op, kib, direction, n)][0] for n in GRANTS)
        bare = costs.counts[BARE][case_of(op, kib, direction)][0]
        what = f"speed, {op} of {kib} KiB, {direction} device"
        if max(few, many) > bare * ratio:
            yield (f"{what}: {max(few, many):.0f}, without Xen {bare:.0f}, "
                   f"allowed {ratio:.2f} times as much")
        if abs(few - many) > few * ALIKE:
            yield f"{what}: {few:.0f} without a grant, {many:.0f} with {GRANTS[1]}"


def of_foreign(costs: Costs, noise: float) -> collections.abc.Iterator[str]:
    """A foreign page costs no more than before, and little more for more grants."""
    ours = costs.counts["speed"]
    for case, (cost, _) in ours.items():
        before = costs.counts["series"][case][0]
        if case[1] == "foreign" and cost > before * (1 + noise):
            yield f"speed, {', '.join(case)}: {cost:.0f}, and {before:.0f} before"
    few, many = (ours[(*FOREIGN, n, "few")][0] for n in ("100", "10000"))
    if many - few > LEVELS:
        yield (f"speed, {', '.join(FOREIGN)}: {few:.0f} with 100 grants, {many:.0f} with 10000, "
               f"allowed {LEVELS} more")


def unexpected(costs: Costs) -> list[str]:
    """Return the costs above the limits, one line each."""
    lacking = sorted(NEEDED - set(costs.counts["stock"]))
    if lacking:
        raise UserError(f"the limits need the row {', '.join(lacking[0])}")
    noise = min(apart(costs), NOISE)
    lines = [*of_noise(costs), *of_ram(costs, "series", noise)]
    if selection.has_part(costs.tree, "next"):
        lines += of_own_pool(costs, "series", OWN_BEFORE)
    if selection.has_part(costs.tree, "speed"):
        lines += [*of_ram(costs, "speed", noise), *of_speed(costs),
                  *of_own_pool(costs, "speed", OWN), *of_foreign(costs, noise)]
    return lines
