# SPDX-License-Identifier: GPL-2.0
"""Real boots on the other architectures."""

import unittest

from xendma import dom0, kernel, report


class Arm(unittest.TestCase):
    """32-bit ARM with highmem: stock fails as stock-failures.ini says, and patched passes."""

    def check(self, xen, variant):
        run = dom0.run("newest", xen, variant, show=False, arch="arm")
        self.assertEqual(report.wrong(run), [], report.summary(run))
        log = (run.home / "console.log").read_text()
        self.assertIn(f"(XEN) Xen version {xen}.", log)
        self.assertRegex(log, r"cma: Reserved 8 MiB at 0x0*b7400000")
        self.assertRegex(log, r"HighMem +\[mem 0x0*b7400000-")

    def test_xen_4_17_stock(self):
        self.check("4.17", kernel.STOCK)

    def test_xen_4_17_patched(self):
        self.check("4.17", kernel.PATCHED)

    def test_xen_4_14_patched(self):
        self.check("4.14", kernel.PATCHED)


class X86(unittest.TestCase):
    """A device that does DMA, where DMA addresses are machine addresses."""

    def check(self, xen, variant):
        run = dom0.run("newest", xen, variant, show=False, arch="x86_64")
        self.assertEqual(report.wrong(run), [], report.summary(run))
        self.assertEqual(run.tests["control.raw_frame"], ("PASS", "65280 of 65536 bytes are wrong"))

    def test_xen_4_20_stock(self):
        """These tests find nothing wrong on stock."""
        self.check("4.20", kernel.STOCK)

    def test_xen_4_20_patched(self):
        self.check("4.20", kernel.PATCHED)

    def test_xen_4_17_patched(self):
        self.check("4.17", kernel.PATCHED)

    def test_raw_machine_frame_is_seen(self):
        """dma_direct_mmap() would take a machine address for a local address."""
        run = dom0.run("newest", "4.20", kernel.Variant("mutant-mmap-raw", spoil=(
            "	.mmap = dma_common_mmap,", "	.mmap = dma_direct_mmap,")),
            show=False, arch="x86_64")
        self.assertEqual(run.tests["buffer.large.mmap_from_device"][0], "FAIL")
        self.assertIn("65280 of 65536 bytes wrong", run.tests["buffer.large.mmap_from_device"][1])
        self.assertNotEqual(report.wrong(run), [])
