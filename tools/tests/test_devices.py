# SPDX-License-Identifier: GPL-2.0
"""Kinds of devices and of memory: restricted pools, an IOMMU that Xen hides, video devices."""

import pathlib
import unittest

from xendma.results import expected, report
from xendma.results.run import Run
from xendma.rig.variant import PATCHED, STOCK
from xendma.runs import devices

from .support import later


class Boot(unittest.TestCase):
    def check(self, xen, variant):
        run = devices.run(xen, variant)
        self.assertEqual(report.unexpected(run), [], report.summary(run))
        return run

    @later("demo", 12)
    def test_patched(self):
        self.assertGreater(len(self.check("4.20", PATCHED).tests), 40)

    @later("demo", 6)
    def test_stock(self):
        """A video device gets the wrong page, or a bounce buffer; a sync finds no memory."""
        run = self.check("4.20", STOCK)
        self.assertIn("killed by signal 9", run.tests["video_cookie.frame"][1])
        self.assertIn("DMA address has PFN", run.tests["video_restricted.noncoherent"][1])
        self.assertIn("arch_sync_dma_for_cpu", run.tests["udma_pool.sync"][1])
        self.assertEqual(run.tests["grow_narrow.map"][0], "FAIL")

    @later("demo", 6)
    def test_without_xen(self):
        """Two tests fail there with any kernel: Linux cannot do these things."""
        for variant in (STOCK, PATCHED):
            run = self.check(None, variant)
            self.assertEqual({name for name, (status, _) in run.tests.items() if status == "FAIL"},
                             {"grow_narrow.map", "udma_pool.sync"})


class Expected(unittest.TestCase):
    def run_of(self, applied, status):
        message = "1024 of 4096 pages are mapped" if status == "FAIL" else ""
        return Run("7.3", "7.3.4", None, "x", applied, ["0001-a"], pathlib.Path("/x"),
                   verdict="failed" if status == "FAIL" else "passed",
                   tests={"grow_narrow.map": (status, message)},
                   control=devices.PLACE / "stock-failures-bare.ini")

    def test_failure_without_a_patch_stays(self):
        self.assertTrue(expected.lacks_fix(self.run_of(["0001-a"], "FAIL"), ["none"]))
        self.assertFalse(expected.lacks_fix(self.run_of(["0001-a"], "FAIL"), []))
        for applied in ([], ["0001-a"]):
            lines = report.unexpected(self.run_of(applied, "FAIL"))
            self.assertEqual([l for l in lines if l.startswith("grow_narrow")], [])
            lines = report.unexpected(self.run_of(applied, "PASS"))
            self.assertEqual([l for l in lines if l.startswith("grow_narrow")], [
                "grow_narrow.map: must fail without its patch and did not (PASS)"])

    def test_words(self):
        """A patched kernel that must fail is no negative control."""
        summary = report.summary(self.run_of(["0001-a"], "FAIL"))
        self.assertNotIn("stock kernel", summary)
