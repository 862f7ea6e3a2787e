# SPDX-License-Identifier: GPL-2.0
"""The verbs for paths that no user has taken yet."""

import collections.abc
import os

from ..util.errors import UserError
from ..util.lock import build_lock
from ..sources import debian, tree
from ..results import mutants as killers, report, tables
from ..rig.variant import PATCHED, STOCK
from ..runs import faults, fuzz, harden, matrix, mutants
from .options import Options


def record(options: Options) -> bool:
    return options.flag("RECORD", "does not change series/measured",
                        "keeps the table in series/measured")


def print_unexpected(lines: list[str]) -> int:
    """Print the unexpected results; return the exit status."""
    for line in lines:
        print(f"unexpected: {line}")
    return 1 if lines else 0


def run_faults(options: Options) -> int:
    """Let each allocation and hypercall of the DMA operations fail in turn."""
    patched = options.flag("SERIES", "is the stock kernel", "has the series")
    with build_lock():
        judged = faults.run(options["XEN"], PATCHED if patched else STOCK)
    print(faults.text(judged.run))
    return print_unexpected(judged.unexpected)


def run_mutants(options: Options) -> int:
    """Boot each mutant of the series, or those of ONLY=; a test must detect it."""
    keep, known = record(options), killers.explanations()
    if keep and options.given("ONLY"):
        raise UserError("RECORD=1 keeps the table of all mutants: leave ONLY= out")
    with build_lock():
        work, chosen = mutants.run(options["ONLY"].split())
        print(mutants.text(work, chosen, known))
        table = list(killers.rows(chosen, work.store, known))
        print(tables.text(table))
        tables.save("mutants", f"Linux {work.tree.release}, Xen {mutants.XEN}", table, keep)
    return print_unexpected(killers.unexpected(chosen, work.store, known))


def run_fuzz(options: Options) -> int:
    """Fuzz dom0, alone and with races; or run again what a run has printed."""
    patched = options.flag("SERIES", "is the stock kernel", "has the series")
    ops = fuzz.operations(options.given("ONLY") or "")
    plan = fuzz.Plan(seed=options.number("SEED", 1, 2**63), ops=ops, once=bool(ops),
                     seconds=options.number("SECONDS", 1, 86400))
    with build_lock():
        runs = fuzz.both(options["XEN"], PATCHED if patched else STOCK, plan)
    print(fuzz.text(runs))
    return print_unexpected([line for run in runs for line in report.unexpected(run)])


def run_harden(options: Options) -> int:
    """Run the tests of make harden, or those of ONLY=."""
    with build_lock():
        cells = harden.cells()
        chosen = matrix.chosen(cells, options["ONLY"].split(), cells[0].name)
        # Choose all packages and unpack the trees first: two processes must not do the same.
        for section in debian.of_one_package():
            debian.describe(section)
        for name in debian.names("tree"):
            tree.get(name)
        return matrix.check(chosen, workers=os.cpu_count() or 1)


HARDENING: dict[str, collections.abc.Callable[[Options], int]] = {
    "faults": run_faults, "fuzz": run_fuzz, "harden": run_harden, "mutants": run_mutants}
