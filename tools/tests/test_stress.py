# SPDX-License-Identifier: GPL-2.0
"""make stress: four CPUs map memory and torture the p2m; the controls fail."""

import unittest

from xendma.results import expected, ktap, report, tables
from xendma.rig.variant import PATCHED
from xendma.runs import kernels, stress

from .support import Case, later

LINE = "# throughput with {} entries, {} threads: {} pairs in {} ns\n"


class Ratios(Case):
    """A ratio has two measurements of the same time."""

    def console(self):
        """Return a console; the last of three measurements is four times slower."""
        return "".join(LINE.format(entries, threads, threads * 100, ns * slower)
                       for slower in (1, 1, 4)
                       for (entries, threads), ns in {
                           (0, 1): 1000, (0, 4): 2000, (10000, 1): 1250, (10000, 4): 8000}.items())

    def test_throughput(self):
        found = stress.throughput("noise\n" + self.console())
        self.assertEqual(found[0, 1], [1e8, 1e8, 2.5e7])
        self.assertEqual(found[10000, 4], [5e7, 5e7, 1.25e7])

    def test_rows(self):
        """A measurement that is slower altogether does not change the ratios."""
        _, *rows = stress.rows(stress.throughput(self.console()))
        self.assertEqual([row[1:] for row in rows],
                         [("2.00",) * 3, ("0.62",) * 3, ("0.80",) * 3, ("0.25",) * 3])

    def test_spread(self):
        console = self.console() + LINE.format(0, 1, 100, 500)
        console = console.replace(LINE.format(0, 4, 400, 2000), LINE.format(0, 4, 400, 4000), 1)
        _, first, *_ = stress.rows(stress.throughput(console))
        self.assertEqual(first[1:], ("2.00", "1.00", "2.00"))

    def test_text(self):
        """A boot without measurements, such as that with lockdep, has no ratios."""
        run = stress.Run("newest", "7.3.4", "4.20", "patched", [], [], self.tmp,
                         control=expected.NO_FAILURES)
        (self.tmp / "console.log").write_text(self.console())
        self.assertIn(tables.text(stress.rows(stress.throughput(self.console()))),
                      stress.text([run]))
        (self.tmp / "console.log").write_text(LINE.format(0, 1, 100, 500))
        self.assertNotIn("throughput", stress.text([run]))


class Boot(unittest.TestCase):
    @later("demo", 20)
    def test_patched(self):
        """The series passes, without a report of lockdep."""
        plain, lockdep = stress.run("newest", "4.20", PATCHED)
        for run in (plain, lockdep):
            self.assertEqual(report.unexpected(run), [], report.summary(run))
        self.assertEqual(set(plain.tests) - set(lockdep.tests), {"dma.throughput"})
        self.assertEqual(set(lockdep.tests) - set(plain.tests), {"lockdep.on"})

    @later("mutants", 12)
    def test_plain_rcu(self):
        """A tree that is read without a lock while it rotates is detected."""
        run = stress.prepare("newest", "4.20", stress.PLAIN_RCU).run()
        self.assertEqual(run.verdict, ktap.FAILED, run.detail)
        self.assertEqual(run.tests["p2m.model"][0], "PASS")
        status, message = run.tests["p2m.torture"]
        self.assertEqual(status, "FAIL")
        self.assertRegex(message, r"an entry that stays: \d+ lookups, [1-9]\d* wrong")

    @later("mutants", 12)
    def test_lockdep_detects_a_fault(self):
        """Two locks that are taken in both orders fail the run."""
        run = stress.prepare("newest", "4.20", PATCHED, kernels.LOCKDEP, fault="inversion").run()
        self.assertEqual(run.verdict, ktap.PANIC, run.detail)
        self.assertIn("WARNING: possible circular locking dependency detected",
                      (run.home / "console.log").read_text())
        self.assertEqual(run.tests["lockdep.on"][0], "FAIL")
