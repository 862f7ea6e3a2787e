# SPDX-License-Identifier: GPL-2.0
"""The fuzzer: its seeds, its controls, and what it finds in dom0."""

import re
import time
import unittest

from xendma.cli import options
from xendma.results import report
from xendma.results.run import Run
from xendma.rig.variant import PATCHED, STOCK, patched_sources
from xendma.runs import fuzz
from xendma.sources import tree
from xendma.util.errors import UserError

from .support import RIG, Case, later

CONSOLE = """# replay: SEED=9 ONLY=0,4
# 40728 calls in 1174 sequences, 361263 requests of the p2m, seed 1
"""


class Plan(Case):
    """The arguments of the program, and what it prints."""

    def test_args(self):
        self.assertEqual(fuzz.Plan(seed=9, ops="0,4", once=True).args(1),
                         "fuzz.seed=9 fuzz.seconds=60 fuzz.workers=1 fuzz.ops=0,4 fuzz.sequences=1")

    def test_program_knows_each(self):
        """Each argument that a plan can have is in the program."""
        args = fuzz.Plan(1, 1, 1, "1", True, "leak").args(4)
        program = (fuzz.PLACE / "main.c").read_text()
        names = re.findall(r"fuzz\.(\w+)=", args)
        self.assertEqual(len(names), 7)
        for name in names:
            self.assertIn(f'"{name}="', program)

    def test_operations(self):
        self.assertEqual(fuzz.operations("0,4,39"), "0,4,39")
        self.assertEqual(fuzz.operations(""), "")
        for text in ("40", "1,", ",1", "1 2", "a", "-1", "*", "1;2", "1\n", "\u0661"):
            with self.assertRaisesRegex(UserError, "^ONLY="):
                fuzz.operations(text)
        self.assertRegex((fuzz.PLACE / "fuzzer.h").read_text(), rf"#define OPS\t+{fuzz.OPS}\b")

    def test_numbers(self):
        def number(text):
            return options.Options({"SEED": text}).number("SEED", 0, 99)
        self.assertEqual([number(text) for text in ("0", "99", "007")], [0, 99, 7])
        for text in ("100", "-1", "1_0", " 1", "1\n", "0x1", "\u0661", "x"):
            with self.assertRaisesRegex(UserError, "(?s)^SEED=.* is unknown: give a number"):
                number(text)

    def test_totals(self):
        self.assertEqual(fuzz.totals("noise\n" + CONSOLE), fuzz.Totals(40728, 1174, 361263, 1))
        self.assertEqual(fuzz.replay(CONSOLE), ("SEED=9 ONLY=0,4", 9, "0,4"))
        self.assertEqual(fuzz.replay("# replay: SEED=7\n"), ("SEED=7", 7, ""))
        self.assertIsNone(fuzz.replay("no failure"))
        with self.assertRaisesRegex(UserError, "no counts"):
            fuzz.totals("")

    def test_text(self):
        """The text has the command that runs the failure again."""
        run = Run("newest", "7.3.4", "4.20", "patched", [], [], self.tmp, control=fuzz.PLACE / "x")
        run.tests = {"fuzz.sequences": ("FAIL", "mmap: no error, wanted Invalid argument")}
        (self.tmp / "console.log").write_text(CONSOLE)
        text = fuzz.text([run])
        self.assertIn("make fuzz SEED=9 ONLY=0,4 XEN=4.20\n", text)
        run.variant = STOCK.name
        self.assertIn("make fuzz SEED=9 ONLY=0,4 XEN=4.20 SERIES=0\n", fuzz.text([run]))
        self.assertIn("40728 calls in 1174 sequences", text)
        self.assertIn("fuzz.sequences: mmap: no error", text)


class Sources(unittest.TestCase):
    def test_faults(self):
        """Each seeded fault changes one place, or two, of the patched sources."""
        newest = tree.get("newest")
        right, _ = patched_sources(newest, PATCHED)
        for variant in (*fuzz.FAULTS, *fuzz.RACES):
            wrong, _ = patched_sources(newest, variant)
            self.assertEqual(len([name for name in right if right[name] != wrong[name]]), 1,
                             variant.name)

    def test_every_operation_is_drawn(self):
        """Each operation has a name, a weight and a function."""
        kinds = re.findall(r"\bOP_(?!KINDS)\w+", re.search(
            r"enum \{\s*OP_.*?\}", (fuzz.PLACE / "fuzzer.h").read_text(), re.S)[0])
        weights = dict(re.findall(r'\[(OP_\w+)\] = \{ "[\w-]+", (\d+), \d+ \}',
                                  (fuzz.PLACE / "draw.c").read_text()))
        self.assertEqual(sorted(weights), sorted(kinds))
        self.assertGreater(min(map(int, weights.values())), 0)
        functions = re.findall(r"\[(OP_\w+)\] = op_\w+", (fuzz.PLACE / "sequence.c").read_text())
        self.assertEqual(sorted(functions), sorted(kinds))


class Boot(unittest.TestCase):
    def check(self, xen, variant=PATCHED, plan=fuzz.Plan(), workers=1):
        run = fuzz.run(xen, variant, plan, workers)
        self.assertEqual(report.unexpected(run), [], fuzz.text([run]))
        return run, fuzz.totals((run.home / "console.log").read_text(errors="replace"))

    @RIG
    def test_minute(self):
        """No page, type or error code is wrong, nothing is left behind."""
        run, totals = self.check("4.20")
        self.assertEqual(set(run.tests), {"fuzz.sequences", "fuzz.leaks", "fuzz.detector",
                                          "fuzz.calls"})
        self.assertGreater(totals.calls, 1000)

    @later("demo", 6)
    def test_without_xen(self):
        """The model is right about a machine without Xen, so it is that of dma-direct."""
        self.check(None)

    @later("demo", 6)
    def test_stock(self):
        """A buffer without kernel mapping has the wrong page, within a minute."""
        run, _ = self.check("4.20", STOCK)
        console = (run.home / "console.log").read_text(errors="replace")
        _, seed, ops = fuzz.replay(console)
        self.assertLessEqual(len(ops.split(",")), 4, "the failure was not shrunk")
        # The same seed and operations find it again.
        again, totals = self.check("4.20", STOCK, fuzz.Plan(seed=seed, ops=ops, once=True))
        self.assertEqual(totals.sequences, 1)
        self.assertEqual(again.tests["fuzz.sequences"][0], "FAIL")

    @later("demo", 6)
    def test_race(self):
        _, totals = self.check("4.20", workers=fuzz.WORKERS)
        self.assertGreater(totals.requests, 100000)

    @later("harden", 70)
    def test_hour(self):
        """Make a million calls within an hour, each day from another seed."""
        seed = int(time.time()) // 86400 * 10**7
        _, totals = self.check("4.20", plan=fuzz.Plan(seed, seconds=3600, calls=10**6))
        self.assertGreaterEqual(totals.calls, 10**6)


class Controls(unittest.TestCase):
    """The fuzzer finds each seeded fault within a minute."""

    def failed(self, run):
        return {name: message for name, (status, message) in run.tests.items() if status == "FAIL"}

    @later("mutants", 12)
    def test_next_page(self):
        found = self.failed(fuzz.run("4.20", fuzz.NEXT_PAGE))
        self.assertRegex(found["fuzz.sequences"], r"mapped PFN 0x\w+ .*, DMA address has PFN")

    @later("mutants", 12)
    def test_short_table(self):
        found = self.failed(fuzz.run("4.20", fuzz.SHORT_TABLE))
        self.assertRegex(found["fuzz.sequences"], r"(get_sgtable|import): 1 entries, .*, wanted")

    @later("mutants", 12)
    def test_torn_lookup(self):
        """Only a race shows this fault."""
        found = self.failed(fuzz.run("4.20", fuzz.TORN_LOOKUP, workers=fuzz.WORKERS))
        self.assertRegex(found["fuzz.sequences"], r"p2m: page \d+ has frame")

    @later("demo", 6)
    def test_leak(self):
        """Each count sees what a run leaves behind."""
        run = fuzz.run("4.20", plan=fuzz.Plan(seconds=5, fault="leak"))
        self.assertEqual(list(self.failed(run)), ["fuzz.leaks"])
        self.assertRegex(self.failed(run)["fuzz.leaks"],
                         r"left behind: \d{3,} pages, 1 pages of pools, 1 bounce slots; "
                         r"left behind: 1 dma-bufs, 64 objects, 1 streams")

    @later("demo", 6)
    def test_pages(self):
        """Memory alone is missed, too."""
        run = fuzz.run("4.20", plan=fuzz.Plan(seconds=5, fault="pages"))
        self.assertEqual(list(self.failed(run)), ["fuzz.leaks"])
        self.assertRegex(self.failed(run)["fuzz.leaks"],
                         r"left behind: [789]\d\d pages, 0 pages of pools, 0 bounce slots")

    @later("demo", 6)
    def test_detector(self):
        run = fuzz.run("4.20", plan=fuzz.Plan(seconds=5, fault="detector"))
        self.assertEqual(list(self.failed(run)), ["fuzz.detector"])
        self.assertIn("1 hits", self.failed(run)["fuzz.detector"])
