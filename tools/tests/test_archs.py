# SPDX-License-Identifier: GPL-2.0
"""Boots on 32-bit ARM and x86_64."""

import unittest

from xendma.results import report
from xendma.rig.variant import PATCHED, STOCK, Variant
from xendma.runs import selftest

from .support import later


@later("arm", 12)
class Arm(unittest.TestCase):
    """32-bit ARM with highmem: stock fails as stock-failures.ini says, and patched passes."""

    def check(self, xen, variant):
        run = selftest.run("newest", xen, variant, show=False, arch="arm")
        self.assertEqual(report.unexpected(run), [], report.summary(run))
        log = (run.home / "console.log").read_text()
        self.assertIn(f"(XEN) Xen version {xen}.", log)
        self.assertRegex(log, r"cma: Reserved 8 MiB at 0x0*b7400000")
        self.assertRegex(log, r"HighMem +\[mem 0x0*b7400000-")

    def test_xen_4_17_stock(self):
        self.check("4.17", STOCK)

    def test_xen_4_17_patched(self):
        self.check("4.17", PATCHED)

    def test_xen_4_14_patched(self):
        self.check("4.14", PATCHED)


@later("x86_64", 12)
class X86(unittest.TestCase):
    """Boots with a device that does DMA; DMA addresses are machine addresses on x86."""

    def check(self, xen, variant):
        run = selftest.run("newest", xen, variant, show=False, arch="x86_64")
        self.assertEqual(report.unexpected(run), [], report.summary(run))
        self.assertEqual(run.tests["control.raw_frame"], ("PASS", "65280 of 65536 bytes are wrong"))

    def test_xen_4_20_stock(self):
        """Stock passes all of these tests."""
        self.check("4.20", STOCK)

    def test_xen_4_20_patched(self):
        self.check("4.20", PATCHED)

    def test_xen_4_17_patched(self):
        self.check("4.17", PATCHED)

    def test_raw_machine_frame_is_detected(self):
        """Detect a mapping by dma_direct_mmap(), which uses a machine address as a local one."""
        run = selftest.run("newest", "4.20", Variant("mutant-mmap-raw", spoil=(
            "	.mmap = dma_common_mmap,", "	.mmap = dma_direct_mmap,")),
            show=False, arch="x86_64")
        self.assertEqual(run.tests["buffer.large.mmap_from_device"][0], "FAIL")
        self.assertIn("65280 of 65536 bytes wrong", run.tests["buffer.large.mmap_from_device"][1])
        self.assertNotEqual(report.unexpected(run), [])
