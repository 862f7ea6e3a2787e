# SPDX-License-Identifier: GPL-2.0
"""make prefix: it names a patch that fixes no test, or too many."""

import unittest
from unittest import mock

from xendma.results import ktap, report
from xendma.results.run import Run
from xendma.sources import tree
from xendma.series import patch, selection
from xendma.rig.variant import Variant
from xendma.runs import bench, per_patch


class Prefix(unittest.TestCase):
    """Unexpected results after each patch of a series."""

    # The second patch only adds code.
    NAMES = ["0001-alloc", "0105-find-pool", "0002-each-page", "0005-mmap", "0006-get_sgtable"]

    def runs(self, *each):
        """Return a Run for each dictionary of tests; the n-th has the first n patches."""
        return [Run("7.3", "7.3.4", "4.20", f"first-{n}", self.NAMES[:n], self.NAMES, None,
                    tests={k: (v, "") for k, v in tests.items()})
                for n, tests in enumerate(each)]

    def unexpected(self, *each):
        with mock.patch.object(report, "unexpected", lambda run: []):
            runs = self.runs(*each)
            runs[-1].verdict = ktap.PASSED
            return per_patch.unexpected(runs, runs[-1])

    def test_expected(self):
        half = {"a": "PASS", "b": "FAIL"}	# the second patch only adds, so the result stays
        self.assertEqual(self.unexpected({"a": "FAIL", "b": "FAIL"}, half, half,
                                         {"a": "PASS", "b": "PASS"}), [])

    def test_rfc_that_did_not_run(self):
        with mock.patch.object(report, "unexpected", lambda run: []):
            (run,) = self.runs({"a": "PASS"})
            run.verdict, run.detail = ktap.PANIC, "Oops"
            self.assertEqual(per_patch.unexpected([run], run), ["first-0: panic or oops: Oops"])

    def test_turned_back(self):
        lines = self.unexpected({"a": "FAIL", "b": "PASS"}, {"a": "PASS", "b": "FAIL"})
        self.assertEqual(lines, ["0001-alloc turns b from pass to fail"])

    def test_turns_nothing(self):
        lines = self.unexpected({"a": "FAIL"}, {"a": "FAIL"})
        self.assertIn("0001-alloc turns no test from fail to pass", lines[0])

    def test_only_adds(self):
        names = [p.name for p in patch.load() if p.only_adds]
        self.assertEqual(names, ["0003-wide-flush", "0004-wide-address", "0102-zero-length",
                                 "0105-find-pool", "0106-in-pool", "0301-kunit",
                                 "0302-dma_cpu_addr", "0303-swiotlb-xen", "0401-dma-ops",
                                 "0402-x86-only", "0403-p2m-latch"])
        self.assertIn(self.NAMES[1], names)
        same = {"a": "FAIL"}
        lines = self.unexpected(*[same] * 6)
        self.assertEqual([l.split()[0] for l in lines], [self.NAMES[0], *self.NAMES[2:]])
        lines = self.unexpected(same, same, {"a": "PASS"})
        self.assertEqual(lines[1:], ["0105-find-pool turns a to pass: it does more than add"])


class Costs(unittest.TestCase):
    """The cost after each patch of the part speed, and before the first."""

    def test_rows(self):
        patches = [mock.Mock(part=part) for part in ("fixes", "tests", "speed", "speed")]
        for n, p in enumerate(patches, 1):
            p.name = f"000{n}-x"
        booted = []

        def measure(_tree, _xen, variant):
            booted.append(variant)
            return {case: (100.0 * variant.patches + i, 0)
                    for i, case in enumerate(per_patch.COSTS.values())}
        with mock.patch.object(selection, "patches_for", lambda _: patches), \
                mock.patch.object(tree, "get"), mock.patch.object(bench, "measure_once", measure):
            head, *body = per_patch.costs("newest", "4.20")
        self.assertEqual(head, ("patch", *per_patch.COSTS))
        self.assertEqual([row[:3] for row in body], [
            ("0002-x", "200", "201"), ("0003-x", "300", "301"), ("0004-x", "400", "401")])
        self.assertEqual(booted, [Variant(f"first-{n}", n) for n in (2, 3, 4)])
