# SPDX-License-Identifier: GPL-2.0
"""make faults: allocations and hypercalls fail in turn; the controls find leaks."""

import re

from xendma.results import report
from xendma.results.run import Run
from xendma.rig.variant import PATCHED, STOCK, Variant
from xendma.runs import faults

from .support import Case, later

# Faults of the series: (variant, test that detects it, its message).
MUTANTS = {
    "half-mapped": (Variant("half-mapped", spoil=(
        "xen_dma_unmap_sg(dev, sgl, i, dir,", "xen_dma_unmap_sg(dev, sgl, 0, dir,")),
        "full.bounce_half", r"slots in use: \d+ before, \d+ after"),
    "no-status": (Variant("no-status", spoil=(
        "map_ops[i].status = GNTST_general_error;", "")),
        "operation.grants", r"fault \d+: the check in line \d+ of the module fails"),
    "entry-lost": (Variant("entry-lost", spoil=("if (old)\n\t\t\tkfree_rcu(old, rcu);", "")),
        "lost.nothing", "unreferenced object .*set_phys_to_machine")}
SOURCES = {path.name: path.read_text() for path in faults.PLACE.glob("*.c")}


class Table(Case):
    def run_of(self, **messages):
        """Return a Run whose tests pass with these messages."""
        tests = {name.replace("_", ".", 1): ("PASS", text) for name, text in messages.items()}
        return Run("newest", "7.3.4", "4.20", "patched", [], [], self.tmp, tests=tests,
                   verdict="passed")

    def test_rows(self):
        run = self.run_of(operation_grants="12 allocations: 4 refused, 8 survived",
                          refused_map="1 hypercalls: 1 refused, 0 survived", full_cma="")
        self.assertEqual(faults.rows(run)[1:],
                         [("operation.grants", "12", "allocations", "4", "8"),
                          ("refused.map", "1", "hypercalls", "1", "0")])
        self.assertIn("operation.grants      12  allocations", faults.text(run))

    def test_format(self):
        """The program prints such a message, and the harness of the rig keeps it."""
        self.assertIn('"%u %s: %u refused, %u survived\\n"', SOURCES["faults.c"])

    def test_controls(self):
        """Each count of a state has a control that leaks it."""
        counts = set(re.findall(r'\{ "(\w[\w -]+)", before->', SOURCES["state.c"]))
        self.assertEqual(len(counts), 4)
        self.assertEqual({n for n in counts if f'"{n}"' not in SOURCES["control.c"]}, set())


class Boot(Case):
    def check(self, variant):
        judged = faults.run("4.20", variant)
        self.assertEqual(judged.unexpected, [], report.summary(judged.run))
        return judged.run

    @later("harden", 30)
    def test_patched(self):
        """Each operation that allocates has failed, and all of them work afterwards."""
        rows = {name: int(n) for name, n, *_ in faults.rows(self.check(PATCHED))[1:]}
        self.assertGreater(sum(n > 0 for n in rows.values()), 25)
        self.assertGreaterEqual(rows["operation.grants"], 4)

    @later("harden", 30)
    def test_stock(self):
        """Stock maps wrong pages, and maintains the caches of memory that it does not map."""
        run = self.check(STOCK)
        self.assertIn("detector", run.tests["refused.flush_perm"][1])


class Mutants(Case):
    def check(self, name):
        """Boot the series with a fault, which a test must detect."""
        variant, test, message = MUTANTS[name]
        status, found = faults.run("4.20", variant).run.tests[test]
        self.assertEqual(status, "FAIL", found)
        self.assertRegex(found, message)

    @later("mutants", 20)
    def test_half_mapped(self):
        """A scatterlist that is mapped in part stays mapped after an error."""
        self.check("half-mapped")

    @later("mutants", 20)
    def test_no_status(self):
        """A grant without an entry in the p2m counts as mapped."""
        self.check("no-status")

    @later("mutants", 20)
    def test_entry_lost(self):
        """An entry that leaves the p2m is not freed."""
        self.check("entry-lost")
