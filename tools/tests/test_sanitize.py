# SPDX-License-Identifier: GPL-2.0
"""make harden: kernels with sanitizers; each of these reports its own fault."""

import fnmatch
import re
import unittest

from xendma.util.paths import ROOT
from xendma.results import splats
from xendma.rig.variant import PATCHED, STOCK
from xendma.results.run import Run
from xendma.runs import kernels, sanitize

from .support import Case, later

CONSOLE = """Linux version 7.3.4
# fault use-after-free
==================================================================
BUG: KASAN: slab-use-after-free in use_after_free+0x40/0x80 [xen_dma_sanitize]
Read of size 1 at addr ffff0000041c3600 by task insmod/52
Call trace:
 show_stack+0x18/0x24 (C)
 use_after_free.isra.0+0x40/0x80 [xen_dma_sanitize]
==================================================================
# fault virt-to-phys
virt_to_phys used for non-linear address: 00000000f3d5 (0xfffffdffc0b54000)
WARNING: arch/arm64/mm/physaddr.c:15 at __virt_to_phys+0x60/0x90, CPU#0: xen_dma_test/70
Call trace:
 __virt_to_phys+0x60/0x90 (P)
 dma_common_mmap+0x40/0x100
---[ end trace 0000000000000000 ]---
# fault leak
unreferenced object 0xffff000004a1b000 (size 256):
  comm "insmod", pid 60
"""
LOST = """unreferenced object 0xffff000004a1b100 (size 256):
  comm "insmod", pid 60
    lose_memory+0x38/0x50 [xen_dma_sanitize]
"""
KNOWN = """[cookie]
title = WARNING: .*physaddr
in = dma_common_(mmap|get_sgtable)
boots = tests
due = tests
patch = 0005-mmap
[stays]
title = KASAN: slab-use-after-free
boots = tests
kernels = 7.0..
"""


class Reports(Case):
    """Reports are found, and are known or unexpected."""

    def setUp(self):
        super().setUp()
        (self.tmp / "splats.ini").write_text(KNOWN)
        self.known = splats.load("7.3.4", self.tmp / "splats.ini")

    def unexpected(self, applied, console=CONSOLE, boot="tests"):
        run = Run("newest", "7.3.4", "4.20", "x", applied, ["0005-mmap"], self.tmp)
        return splats.unexpected(run, boot, self.known, splats.find(console))

    def test_find(self):
        found = splats.find(CONSOLE)
        self.assertEqual([s.title.split(":")[0] for s in found],
                         ["BUG", "WARNING", "unreferenced object 0xffff000004a1b000 (size 256)"])
        self.assertEqual(found[0].functions, ["use_after_free", "show_stack", "use_after_free"])
        self.assertIn("dma_common_mmap", found[1].functions)
        self.assertNotIn("dma_common_mmap", found[2].functions)

    def test_window(self):
        self.assertEqual([k.name for k in splats.load("6.12.1", self.tmp / "splats.ini")],
                         ["cookie"])

    def test_stock(self):
        """The leak is unknown; the other two are known."""
        (line,) = self.unexpected([])
        self.assertIn("unreferenced object", line)

    def test_patched(self):
        lines = self.unexpected(["0005-mmap"])
        self.assertEqual(len(lines), 2)
        self.assertIn("the series mends it (cookie)", lines[0])

    def test_missing(self):
        """A report that the series mends must come without the series."""
        quiet = CONSOLE.replace("dma_common_mmap", "something_else")
        self.assertIn("cookie: no report without the patch, which mends it",
                      self.unexpected([], quiet))
        self.assertNotIn("cookie", str(self.unexpected([], "", boot="stress")))

    def test_other_boot(self):
        """A report is known only in its boots."""
        lines = self.unexpected([], boot="fuzz")
        self.assertEqual(len(lines), 3)
        self.assertIn("slab-use-after-free", lines[0])

    def test_blind(self):
        """Nothing is silent because it has switched itself off."""
        for line in ("kmemleak: Kernel memory leak detector disabled",
                     "DMA-API: debugging out of memory - disabling",
                     "INFO: turning off the locking correctness validator.",
                     "** 7 printk messages dropped **"):
            self.assertEqual(splats.blind(f"{CONSOLE}[    1.2] {line}\n"), [f"[    1.2] {line}"])
        for line in ("DMA-API: debugging disabled on kernel command line",
                     "# kmemleak: Kernel memory leak detector disabled"):
            self.assertEqual(splats.blind(f"{CONSOLE}{line}\n"), [])

    def test_leak_of_another_fault(self):
        """Only the object that the module has lost counts."""
        self.assertEqual(sanitize.reports(CONSOLE)["leak"], [])

    def test_without(self):
        """The results can be judged without the reports."""
        left = splats.without(CONSOLE)
        self.assertNotIn("KASAN", left)
        self.assertIn("# fault leak", left)

    def test_reports_of_faults(self):
        found = sanitize.reports(CONSOLE + LOST)
        self.assertEqual(list(found), ["use-after-free", "virt-to-phys", "leak"])
        self.assertEqual(len(found["virt-to-phys"]), 2)
        self.assertIn("unreferenced object", str(found["leak"]))

    def test_suite(self):
        """The pattern leaves out one case of KUnit, and no other."""
        source = (ROOT / "drivers/xen/tests/swiotlb_xen_kunit.c").read_text()
        names = re.findall(r"KUNIT_CASE(?:_PARAM)?\((\w+)", source)
        self.assertIn("get_sgtable_of_pool", names)
        self.assertEqual({name for name in names if not fnmatch.fnmatchcase(
            f"swiotlb_xen.{name}", sanitize.SUITE)}, {"maintain"})

    def test_files(self):
        """Each fault is in the module; each known report has a reason."""
        source = (sanitize.MODULE / "xen_dma_sanitize.c").read_text()
        for faults in sanitize.BY_KIND.values():
            for name in faults:
                self.assertIn(f'{{ "{name}", ', source)
        for section in splats.KNOWN.read_text().split("\n[")[1:]:
            self.assertTrue("\npatch = " in section or "\nwhy = " in section, section)


class Boot(unittest.TestCase):
    def check(self, tree, kind):
        """Make each fault; then boot both kernels for each suite."""
        if kind in sanitize.BY_KIND:
            self.assertEqual(sanitize.controls(tree, kind), [])
        judged = [j for variant in (STOCK, PATCHED) for j in sanitize.run(tree, kind, variant)]
        print(sanitize.text([(tree, kind, j) for j in judged]))
        self.assertEqual([f"{j.name}, {j.run.variant}: {line}" for j in judged
                          for line in j.unexpected], [])

    @later("harden", 25)
    def test_newest(self):
        self.check("newest", kernels.SANITIZE)

    @later("harden", 20)
    def test_6_12(self):
        self.check("6.12", kernels.SANITIZE)

    @later("harden", 15)
    def test_kcsan(self):
        self.check("newest", kernels.KCSAN)

    @later("harden", 12)
    def test_64k(self):
        self.check("newest", kernels.PAGES_64K)
