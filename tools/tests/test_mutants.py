# SPDX-License-Identifier: GPL-2.0
"""make mutants: results are kept, killers are named, survivors are explained."""

import dataclasses
import unittest
from unittest import mock

from xendma.util.errors import UserError
from xendma.sources import tree
from xendma.results import expected, ktap, mutants as results, tables
from xendma.results.run import Run
from xendma.rig.mutate import Mutant
from xendma.runs import barriers, mutants

from .support import RIG, Case, later

FIRST = Mutant(1, "a.c:1:drop", "a.c", "f", "g();", "if (0) g();")
SECOND = Mutant(2, "a.c:2:sign", "a.c", "f", "a + b;", "a - b;")
THIRD = Mutant(3, "arch/arm/xen/p2m.c:3:logic", "arch/arm/xen/p2m.c", "h", "a && b", "a || b")
WHY = results.Explanation("same", "a.c:*:sign", ("a + b",), "b is 0.")


def run_of(verdict, **tests):
    """Return a Run with the states of tests."""
    return Run("newest", "7.3.4", "4.20", "mutants", [], [], None, verdict=verdict,
               tests={name.replace("_", "."): (status, "") for name, status in tests.items()},
               control=expected.NO_FAILURES)


class Killer(Case):
    def test_survives(self):
        self.assertEqual(results.killer(run_of(ktap.PASSED, a_b="PASS"), ""), "")

    def test_failed_test(self):
        run = run_of(ktap.EARLY, a_b="PASS", c_d="FAIL")
        self.assertEqual(results.killer(run, ""), "c.d")

    def test_panic_in_a_test(self):
        log = "#  RUN  a.b ...\nok 1 a.b\n#  RUN  c.d ...\nBUG: x\n"
        self.assertEqual(results.killer(run_of(ktap.PANIC, a_b="PASS"), log),
                         "c.d (panic or oops)")

    def test_panic_at_boot(self):
        self.assertEqual(results.killer(run_of(ktap.PANIC), "BUG: x\n"), "boot (panic or oops)")

    def test_end_after_a_test(self):
        self.assertEqual(results.killer(run_of(ktap.TIMEOUT, a_b="PASS"), ""),
                         "after a.b (timed out)")

    def test_skipped_test(self):
        self.assertEqual(results.killer(run_of(ktap.PASSED, a_b="SKIP"), ""), "a.b (skipped)")

    def test_suite(self):
        good = "[    1.0] ok 1 swiotlb_xen\n"
        self.assertEqual(results.killer_in_suite(good, False), "")
        self.assertEqual(results.killer_in_suite(
            "    ok 1 in_pool\n[  1.0]         not ok 2 device page\n    not ok 2 maintain\n",
            False), "swiotlb_xen: device page")
        for log, late, word in (("", False, ktap.EARLY), ("", True, ktap.TIMEOUT),
                                (good + "BUG: x\n", False, ktap.PANIC)):
            self.assertEqual(results.killer_in_suite(log, late), f"swiotlb_xen ({word})")

    def test_unsure(self):
        """A busy machine can end a boot early, but fails no test."""
        for killer, unsure in (("boot (timed out)", True), ("a.b (ended early)", True),
                               ("a.b", False), ("a.b (panic or oops)", False), ("", False)):
            self.assertEqual(bool(results.UNSURE.search(killer)), unsure, killer)

    def test_ends(self):
        for line, ends in (("not ok 3 a.b\n", True), ("[ 1.0]     not ok 3 a.b\n", True),
                           ("ok 3 a.b\n", False), ("# it is not ok 3 times\n", False),
                           ("BUG: x\n", True), ("(XEN) Panic on CPU 0:\n", True),
                           ("#  RUN  a.b ...\n", False)):
            self.assertEqual(results.ends(line), ends, line)


class Results(Case):
    def setUp(self):
        super().setUp()
        self.path = self.tmp / "results.csv"
        self.store = results.Store("key", self.path)

    def test_resume(self):
        """A new process knows the results; with other sources it does not."""
        self.store.add(FIRST.name, "tests", "a.b", 1)
        self.store.add(SECOND.name, "tests", "", 1)
        again = results.Store("key", self.path)
        self.assertEqual([again.get(m.name, "tests") for m in (FIRST, SECOND, THIRD)],
                         ["a.b", "", None])
        self.assertIsNone(results.Store("other", self.path).get(FIRST.name, "tests"))

    def test_torn_line(self):
        self.store.add(FIRST.name, "tests", "a.b", 1)
        with self.path.open("a") as file:
            file.write("key,a.c:2:si")
        again = results.Store("key", self.path)
        self.assertEqual(list(again.found), [(FIRST.name, "tests")])
        again.add(SECOND.name, "tests", "", 1)
        last = results.Store("key", self.path)
        self.assertEqual(set(last.found), {(FIRST.name, "tests"), (SECOND.name, "tests")})

    def test_table(self):
        self.store.add(FIRST.name, "tests", "a.b", 1)
        for name in (SECOND.name, THIRD.name):
            self.store.add(name, "tests", "", 1)
            self.store.add(name, "KUnit", "", 1)
        head, *rows = results.rows([FIRST, SECOND, THIRD], self.store, [WHY])
        self.assertEqual(head, ["file", "mutants", "killed by tests", "killed by KUnit",
                                "explained", "survive"])
        self.assertEqual(rows, [["a.c", "2", "1", "0", "1", "0"],
                                [THIRD.file, "1", "0", "0", "0", "1"],
                                ["all", "3", "1", "0", "1", "1"]])
        self.assertIn("arch/arm/xen/p2m.c", tables.text([head, *rows]))

    def test_unexpected(self):
        """A survivor needs an explanation, and an explanation a survivor."""
        for m in (FIRST, SECOND, THIRD):
            self.store.add(m.name, "tests", "" if m == THIRD else "a.b", 1)
        self.assertEqual(results.unexpected([FIRST, SECOND, THIRD], self.store, [WHY]),
                         ["a.c:2:sign is explained, and a.b kills it",
                          f"{THIRD.name} survives: a && b -> a || b"])

    def test_survivors(self):
        self.store.add(SECOND.name, "tests", "", 1)
        self.assertEqual(list(results.survivors([SECOND], self.store, [WHY])),
                         ["a.c:2:sign: a + b; -> a - b;\n  b is 0."])

    def test_function(self):
        """An explanation can be for one function only."""
        for function, fits in (("f", True), ("f*", True), ("g", False)):
            self.assertEqual(dataclasses.replace(WHY, function=function).fits(SECOND), fits)

    def test_explanations(self):
        path = self.tmp / "mutants.ini"
        path.write_text("[same]\nmutants = a.c:*:sign\ncode = x\n\ta + b;\nreason = b\n  is 0.\n")
        (found,) = results.explanations(path)
        self.assertEqual(found.reason, "b is 0.")
        self.assertTrue(found.fits(SECOND))
        self.assertFalse(found.fits(FIRST))
        self.assertFalse(found.fits(dataclasses.replace(SECOND, old="a + c;")))
        self.assertTrue(dataclasses.replace(found, code=()).fits(SECOND))


class Judge(Case):
    """Fake boots: which workloads a mutant runs, and when it is booted again."""

    def setUp(self):
        super().setUp()
        self.work = mutants.Work(None, [FIRST, SECOND, THIRD],
                                 results.Store("key", self.tmp / "results.csv"))
        self.booted = []

    def boot(self, killers):
        """Replace boots by {(number, workload): killers in order}; others survive."""
        def once(_work, workload, mutant, timeout):
            self.booted.append((mutant.number, workload, timeout))
            left = killers.get((mutant.number, workload), [""])
            return left.pop(0) if len(left) > 1 else left[0]
        return mock.patch.object(mutants, "boot_once", once)

    def run_all(self, only="*"):
        with mock.patch.object(mutants, "begin", lambda: self.work), \
                mock.patch.object(mutants, "all_mutants", lambda _: self.work.mutants), \
                mock.patch.object(mutants.trees, "get"):
            return mutants.run(only.split())[1]

    def test_workloads(self):
        """A killed mutant runs no other workload; only the p2m has the stress test."""
        with self.boot({(1, "tests"): ["a.b"], (3, "stress"): ["p2m.torture"]}):
            self.run_all()
        self.assertEqual({(n, w) for n, w, _ in self.booted},
                         {(0, "tests"), (0, "KUnit"), (0, "stress"), (1, "tests"), (2, "tests"),
                          (2, "KUnit"), (3, "tests"), (3, "KUnit"), (3, "stress")})
        self.assertEqual([self.work.store.killed(m.name) for m in self.work.mutants],
                         [("tests", "a.b"), ("", ""), ("stress", "p2m.torture")])

    def test_a_finished_mutant_is_not_booted(self):
        with self.boot({(1, "tests"): ["a.b"]}):
            self.run_all()
            count = len(self.booted)
            self.run_all()
        self.assertEqual(len(self.booted), count)

    def test_only(self):
        with self.boot({}):
            self.assertEqual(self.run_all("a.c:2:* *:logic"), [SECOND, THIRD])
        with self.assertRaisesRegex(UserError, "ONLY=bogus matches no mutant"):
            self.run_all("bogus")

    def test_control(self):
        """If the kernel fails without a mutant, no result says anything."""
        with self.boot({(0, "tests"): ["a.b"]}), \
                mock.patch.object(mutants, "prepare"), \
                self.assertRaisesRegex(UserError, "without a mutant, a.b fails"):
            self.run_all()
        self.assertEqual([n for n, *_ in self.booted], [0])

    def test_unsure(self):
        """A boot that ended early is repeated with more time; the second counts."""
        with self.boot({(1, "tests"): ["boot (timed out)", ""], (2, "tests"): [
                "a.b (ended early)", "a.b (ended early)"]}):
            first, second = (mutants.judge(self.work, "tests", m) for m in (FIRST, SECOND))
        self.assertEqual((first, second), ("", "a.b (ended early)"))
        self.assertEqual([t for *_, t in self.booted], [120, 240, 120, 240])

    def test_barriers_are_counted_twice(self):
        with self.boot({(1, "barriers"): ["map: 2 barriers, not 3", ""]}):
            self.assertEqual(mutants.judge(self.work, "barriers", FIRST), "")

    def test_interruption(self):
        """An interrupted boot leaves no result."""
        def interrupted(work, *_):
            work.stopped.set()
            return "boot (ended early)"
        with mock.patch.object(mutants, "boot_once", interrupted):
            mutants.judge(self.work, "tests", FIRST)
        self.assertIsNone(self.work.store.get(FIRST.name, "tests"))

    def test_interruption_of_others(self):
        """A mutant that waits for a CPU does not boot any more."""
        self.work.stopped.set()
        self.work.kernels["stress"] = mock.Mock()
        boot = mock.Mock(command=["qemu"], home=self.tmp / "home")
        with mock.patch.object(mutants, "prepare", lambda *_: boot), \
                mock.patch.object(mutants.boots, "cpus_of") as cpus, \
                mock.patch.object(mutants.boots, "run_qemu") as run:
            self.assertEqual(mutants.boot_once(self.work, "stress", FIRST, 240), "")
        cpus.assert_called_once_with(["qemu"])
        run.assert_not_called()


class Barriers(Case):
    """A count that differs from the normal one kills."""

    def counter(self, normal):
        kernel = mock.Mock()
        counter = barriers.Counter(mock.Mock(home=self.tmp), kernel, normal)
        counter.symbols = mock.Mock(by_name=dict(zip(barriers.tracing.MARKS, (1, 9))))
        counter.symbols.name.side_effect = lambda pc: "xdt_bench_begin" if pc == 1 else "f"
        high = barriers.tracing.KERNEL
        counter.assembly = {high: "dsb sy", high + 4: "nop"}
        counter.traces = {"map,4,5": [1, high, high + 4, high, 9], "torn,4,5": [1, high]}
        return counter

    def test_normal(self):
        counter = self.counter(None)
        for row in ("map,4,5", "torn,4,5"):
            counter.count(row)
        self.assertEqual((counter.counts, counter.difference), ({"map,4,few": 2}, ""))

    def test_difference(self):
        for normal, difference in (({"map,4,few": 2}, ""),
                                   ({"map,4,few": 3}, "map,4,few: 2 barriers, not 3"),
                                   ({}, "map,4,few: 2 barriers, not None")):
            counter = self.counter(normal)
            counter.count("map,4,5")
            self.assertEqual(counter.difference, difference)
            self.assertEqual(barriers.Ending(counter=counter).ended(""), bool(difference))


class Explained(Case):
    def test_each_explanation_fits_a_mutant(self):
        """No explanation is out of date, and each says something of its own."""
        every, known = mutants.all_mutants(tree.get("newest")), results.explanations()
        for e in known:
            self.assertTrue(any(map(e.fits, every)), e.name)
            self.assertRegex(e.reason, r"^[A-Z].*\.$", e.name)
        for m in every:
            self.assertLessEqual(sum(e.fits(m) for e in known), 1, m.name)


@RIG
class Boot(unittest.TestCase):
    @later("mutants", 12)
    def test_boot(self):
        """A mutant of the pool's bounds is killed, and the kernel without one passes."""
        work = mutants.begin()
        (mutant,) = [m for m in work.mutants if m.file == "kernel/dma/coherent.c"
                     and m.name.endswith(":logic")]
        for workload in (mutants.TESTS_RUN, mutants.SUITE):
            self.assertEqual(mutants.boot_once(work, workload, mutants.NONE, 240), "")
            self.assertNotEqual(mutants.boot_once(work, workload, mutant, 240), "")

    @later("harden", 25)
    def test_every_fifth(self):
        """Each of 40 mutants or more is killed or explained; make mutants judges all of them."""
        names = [m.name for m in mutants.all_mutants(tree.get("newest")) if m.number % 5 == 0]
        self.assertGreaterEqual(len(names), 40)
        work, chosen = mutants.run(names)
        self.assertEqual(results.unexpected(chosen, work.store, results.explanations()), [])
