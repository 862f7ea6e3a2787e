# SPDX-License-Identifier: GPL-2.0
"""Real boots on the other architectures."""

import unittest

from xendma import dom0, kernel, report


class Arm(unittest.TestCase):
    """32-bit ARM, with highmem: stock fails as named, and patched passes."""

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
        """Nothing is broken there."""
        self.check("4.20", kernel.STOCK)

    def test_xen_4_20_patched(self):
        self.check("4.20", kernel.PATCHED)

    def test_xen_4_17_patched(self):
        self.check("4.17", kernel.PATCHED)

    def test_raw_machine_frame_is_seen(self):
        """The series without the way back to the local frame."""
        run = dom0.run("newest", "4.20", kernel.Variant("mutant-mmap-raw", spoil=(
            "PHYS_PFN(xen_dma_to_phys(dev, dma_addr)) + off", "PHYS_PFN(dma_addr) + off")),
            show=False, arch="x86_64")
        self.assertEqual(run.tests["buffer.mmap_from_device"][0], "FAIL")
        self.assertIn("65280 of 65536 bytes wrong", run.tests["buffer.mmap_from_device"][1])
        self.assertNotEqual(report.wrong(run), [])
