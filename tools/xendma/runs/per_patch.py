# SPDX-License-Identifier: GPL-2.0
"""make prefix: every test on stock, with patch 1, with 1 and 2, and so on.

Each patch must turn at least one test from fail to pass, unless series/ has Only-adds:
for it.  No patch may turn a test from pass to fail.
"""

import collections.abc

from ..util.errors import log
from ..sources import tree as trees
from ..results import ktap, report
from ..results.run import Run
from ..series import patch, selection
from ..rig.variant import STOCK, Variant
from . import bench, limits, selftest
from .rfc import RFC

# Patches of other parts change no result of these tests.
PARTS = ("fixes", "next")
# Costs for each patch of the part speed.
COSTS = {"4 KiB": limits.case_of("map", "4", "to"),
         "10,000 grants": limits.case_of("map", "4", "to", "10000"),
         "64 pages": limits.case_of("sg", "256", "to"),
         "foreign, 10,000": (*limits.FOREIGN, "10000", "few")}
Booter = collections.abc.Callable[[str, str, Variant], Run]
MARK = {"PASS": ".", "FAIL": "F", "SKIP": "s", None: "?"}


def boot(tree_name: str, xen: str, variant: Variant) -> Run:
    return selftest.run(tree_name, xen, variant, show=False)


def boot_prefixes(tree_name: str, xen: str,
                  boot: Booter = boot) -> tuple[list[Run], Run]:
    """Return the Runs of all prefixes, stock first, and the Run of the RFC."""
    tree = trees.get(tree_name)
    found = []
    tested = [p for p in selection.patches_for(tree) if p.part in PARTS]
    for n in range(len(tested) + 1):
        variant = Variant(f"first-{n}", n) if n else STOCK
        found.append(boot(tree_name, xen, variant))
        log(report.summary(found[-1]).splitlines()[0])
    return found, boot(tree_name, xen, RFC)


def costs(tree_name: str, xen: str) -> collections.abc.Iterator[tuple[str, ...]]:
    """Measure each prefix of the part speed; yield a head, and a row for each patch."""
    tree = trees.get(tree_name)
    patches = selection.patches_for(tree)
    yield ("patch", *COSTS)
    for n, p in enumerate(patches, 1):
        if p.part != "speed" and (n == len(patches) or patches[n].part != "speed"):
            continue
        counts = bench.measure_once(tree, xen, Variant(f"first-{n}", n))
        yield (p.name, *(f"{counts[case][0]:.0f}" for case in COSTS.values()))


def unexpected(prefixes: list[Run], rfc: Run) -> list[str]:
    """Return the unexpected results, one line each; the RFC may fail any test."""
    only_adds = {p.name for p in patch.load() if p.only_adds}
    lines = []
    if rfc.verdict not in (ktap.PASSED, ktap.FAILED):
        lines.append(f"{rfc.variant}: {rfc.verdict}: {rfc.detail}")
    for run in prefixes:
        lines += [f"{run.variant}: {line}" for line in report.unexpected(run)]
    for before, after in zip(prefixes, prefixes[1:]):
        name = after.applied[-1]
        flips = flipped(before, after, "FAIL", "PASS")
        lines += [f"{name} turns {test} from pass to fail"
                  for test in flipped(before, after, "PASS", "FAIL")]
        if not flips and name not in only_adds:
            lines.append(f"{name} turns no test from fail to pass; if it only adds code, "
                         "write Only-adds: in series/")
        if flips and name in only_adds:
            lines.append(f"{name} turns {flips[0]} to pass: it does more than add")
    return lines


def flipped(before: Run, after: Run, old: str, new: str) -> list[str]:
    return [test for test, (status, _) in after.tests.items()
            if status == new and before.tests.get(test, ("",))[0] == old]


def rows(prefixes: list[Run], rfc: Run) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the matrix: a head, and a row for each test that is not the same in all."""
    columns = [*prefixes, rfc]
    yield ("test", "stock", *(str(n) for n in range(1, len(prefixes))), "RFC")
    same = 0
    for test in prefixes[-1].tests:
        marks = [MARK[run.tests.get(test, (None,))[0]] for run in columns]
        if len(set(marks)) == 1:
            same += 1
        else:
            yield (test, *marks)
    yield (f"{same} others, the same in all",)


def table(prefixes: list[Run], rfc: Run) -> str:
    """Return the matrix as text, below a list of its columns."""
    lines = [f"Linux {rfc.release}, Xen {rfc.xen}: each test with the first N patches "
             "(. passes, F fails, s skipped)", ""]
    lines += [f"  {n}  {run.applied[-1]}" for n, run in enumerate(prefixes) if n]
    lines += ["  RFC  stock, and no CPU cache maintenance for a device that has a pool", ""]
    body = list(rows(prefixes, rfc))
    wide = max(len(row[0]) for row in body)
    for row in body:
        lines.append(row[0].ljust(wide) + "".join(m.rjust(6) for m in row[1:]))
    return "\n".join(lines) + "\n"
