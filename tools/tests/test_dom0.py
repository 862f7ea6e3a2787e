# SPDX-License-Identifier: GPL-2.0
"""Real boots: every Xen, two trees, stock and patched; and deliberate failures."""

import re
import unittest

from xendma.results import ktap, report, tables
from xendma.rig.variant import PATCHED, STOCK, Variant
from xendma.runs import per_patch, selftest, xen_flush

from .support import RIG, later

TREES = ("newest", "6.12")
XENS = ("4.20", "4.17", "4.14")
OLDEST = ("5.10", "4.20")	# where other tests fail on stock
RUNS = {}


def boot(name, xen, variant=PATCHED):
    key = (name, xen, variant)
    if key not in RUNS:
        RUNS[key] = selftest.run(name, xen, variant, show=False)
    return RUNS[key]


class Boot(unittest.TestCase):
    """Stock fails as stock-failures.ini says, and patched passes."""

    def check(self, name, xen, variant):
        run = boot(name, xen, variant)
        self.assertEqual(report.unexpected(run), [], report.summary(run))
        log = (run.home / "console.log").read_text()
        self.assertIn(f"(XEN) Xen version {xen}.", log)
        self.assertIn(f"Linux version {run.release}", log)


def booted(*args):
    @later("trees", 10)
    def test(self):
        self.check(*args)
    return test


for _tree, _xen in [*((t, x) for t in TREES for x in XENS), OLDEST]:
    for _variant in (STOCK, PATCHED):
        setattr(Boot, f"test_{_tree}_xen_{_xen}_{_variant.name}".replace(".", "_"),
                booted(_tree, _xen, _variant))


@later("trees", 10)
class Flip(unittest.TestCase):
    """The series turns tests from fail to pass, on both trees."""

    def test_no_mapping(self):
        for name in TREES:
            stock, patched = boot(name, "4.20", STOCK), boot(name, "4.20")
            for test in ("buffer.no_mapping.mmap_pfn", "buffer.no_mapping.mmap_to_device",
                         "buffer.no_mapping.mmap_from_device", "buffer.no_mapping.get_sgtable"):
                self.assertEqual(stock.tests[test][0], "FAIL", (name, test))
                self.assertEqual(patched.tests[test][0], "PASS", (name, test))

    def test_same_tests_on_both(self):
        for name in TREES:
            self.assertEqual(list(boot(name, "4.20", STOCK).tests),
                             list(boot(name, "4.20").tests))

    def test_the_controls_ran(self):
        tests = boot("newest", "4.20").tests
        for name in ("wrong_page", "memory_type", "leak", "sg_leak"):
            self.assertEqual(tests[f"control.{name}"][0], "PASS")


class Prefix(unittest.TestCase):
    """Each patch turns some tests from fail to pass, and none back."""

    def check(self, name):
        prefixes, rfc = per_patch.boot_prefixes(name, "4.20", boot)
        self.assertEqual(per_patch.unexpected(prefixes, rfc), [])
        # The owner of a device says nothing about the owner of memory.
        for test, status in (("memory.own_static.translated", "PASS"),
                             ("memory.others_static.translated", "FAIL"),
                             ("ram.with_pool.maintenance", "FAIL")):
            self.assertEqual(rfc.tests[test][0], status, test)
        # The kept table may be from another point release.
        self.assertEqual(tables.load(f"prefix-{name}")[1],
                         [list(row) for row in per_patch.rows(prefixes, rfc)],
                         "series/measured is not what is measured: make prefix RECORD=1")

    @later("prefix", 30)
    def test_newest(self):
        self.check("newest")

    @later("prefix", 15)
    def test_6_12(self):
        self.check("6.12")


@later("mutants")
class Mutant(unittest.TestCase):
    """The series with some of its code replaced: named tests must see it."""

    def check(self, name, failing, *spoil, without="speed"):
        """failing -- {test: pattern of its message}; without -- see Variant"""
        run = boot("newest", "4.20", Variant(f"mutant-{name}", spoil=spoil, without=without))
        for test, said in failing.items():
            self.assertEqual(run.tests[test][0], "FAIL", test)
            self.assertRegex(run.tests[test][1], said, test)
        self.assertNotEqual(report.unexpected(run), [])

    def test_raw_addresses(self):
        """Take each DMA address for a physical address, and do nothing else."""
        page, errno = r"page 0: .*DMA address has PFN", r"errno 0 .*, wanted 6 "
        scatterlist = r"scatterlist at phys 0x\w+, DMA address at phys 0x"
        kind = "page 0: memory type 0xff, wanted 0x44"
        self.check(
            "raw", {
                "buffer.offset.mmap_pfn": page, "buffer.no_mapping_offset.mmap_pfn": page,
                "buffer.onchip_pool.mmap_pfn": page,
                "buffer.cma.mmap_bounds": errno, "buffer.no_mapping.mmap_bounds": errno,
                "buffer.cma.mmap_memory_type": kind, "buffer.no_mapping.mmap_memory_type": kind,
                "buffer.offset.get_sgtable": scatterlist,
                "buffer.no_mapping_offset.get_sgtable": scatterlist,
                "buffer.onchip_pool.get_sgtable": scatterlist},
            "	return dma_direct_mmap(dev, vma, cpu_addr, dma_addr, size, attrs);", """
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(dma_addr) + vma_start_pgoff(vma),
			       vma_pages(vma) << PAGE_SHIFT, vma->vm_page_prot);""",
            "	if (is_vmalloc_addr(cpu_addr))", "	if (!cpu_addr)",
            "	return dma_direct_get_sgtable(dev, sgt, cpu_addr, dma_addr, size, attrs);", """
	if (sg_alloc_table(sgt, 1, GFP_KERNEL))
		return -ENOMEM;
	sg_set_page(sgt->sgl, pfn_to_page(PHYS_PFN(dma_addr)), PAGE_ALIGN(size), 0);
	return 0;""")

    def test_maintenance(self):
        """Four faults in one kernel; the step in each message tells them apart."""
        device = r"map: 0 by the CPU, 0 by Xen"
        unmap = r"arch_sync_dma_for_cpu of .*, called by xen_swiotlb_unmap_\w+: no translation"
        self.check(
            "maintenance", {
                "memory.others_static_with_pool.maintenance": device,
                "memory.others_dynamic_with_pool.maintenance": device,
                "memory.hole_with_pool.maintenance": device,
                "memory.others_static.translated": unmap, "memory.hole.translated": unmap,
                "memory.others_static.maintenance": r"unmap: 1 by the CPU, 0 by Xen",
                "logged.no_bounce": r"logged [1-9]\d* times with DMA_ATTR_NO_WARN",
                "special.refusal_of_xen": "not logged: Xen refuses"},
            # A device with a pool treats all memory as its pool.
            "	if (dma_in_dev_coherent(dev, dma_to_phys(dev, handle)))", "	if (dev->dma_mem)",
            # Only unmap asks for a struct page.
            "		if (memblock_is_map_memory(dma_to_phys(hwdev, dev_addr))) {",
            "		if (pfn_valid(PFN_DOWN(dma_to_phys(hwdev, dev_addr)))) {",
            # A refusal to bounce is never quiet.
            "		if (!(attrs & DMA_ATTR_NO_WARN))", "		if (attrs + 1)",
            # The first refusal of Xen hides all others.
            "dev_notice_ratelimited(dev,", "dev_notice_once(dev,")

    def test_speed(self):
        """Faults in arch/arm/xen/dma.c."""
        self.check(
            "speed", {
                "special.foreign_last_page": "mapping of 2 pages returned 0",
                "special.foreign_pages": "mapping of 2 frames returned 0",
                "ram.plain.maintenance": "sync_for_cpu: 0 by the CPU",
                "memory.own_static.maintenance": "sync_for_device: 0 by the CPU, 1 by Xen",
                "memory.hole.translated": "no translation"},
            # Only the first page is asked for a grant.
            "	for (; pfn < end; pfn++)\n		flags", "	if (pfn < end)\n		flags",
            # Frames that are not contiguous are mapped.
            "		if (pfn_to_bfn(xen_pfn) != ++bfn)", "		if (pfn_to_bfn(xen_pfn) == ++bfn)",
            # The CPU has nothing to do after a write of the device.
            "	if (dir == DMA_TO_DEVICE || dev", "	if (dir != DMA_BIDIRECTIONAL || dev",
            # The own pool is as other memory for a sync.
            "	if (dma_in_dev_coherent(dev, phys))\n		return;\n	if (memblock_is_map_memory(phys)) {\n"
            "		arch_sync_dma_for_device(",
            "	if (memblock_is_map_memory(phys)) {\n		arch_sync_dma_for_device(",
            # A struct page tells who maintains the caches after a write of the device.
            "	if (memblock_is_map_memory(phys)) {\n		arch_sync_dma_for_cpu(",
            "	if (pfn_valid(PFN_DOWN(phys))) {\n		arch_sync_dma_for_cpu(", without="")


@RIG
class Deadly(unittest.TestCase):
    """A test that stops a stock kernel has a boot of its own."""

    def boot(self, variant):
        return selftest.run("newest", "4.20", variant, workload="deadly", show=False)

    def test_stock(self):
        run = self.boot(STOCK)
        self.assertEqual(run.verdict, ktap.PANIC, run.detail)
        self.assertRegex(run.detail, r"kernel BUG at .*kernel/dma/swiotlb\.c")

    def test_patched(self):
        run = self.boot(PATCHED)
        self.assertEqual(run.verdict, ktap.PASSED, run.detail)
        self.assertEqual(list(run.tests), ["deadly.zero_length_bounced"])


@later("mutants")
class Faults(unittest.TestCase):
    """Each kind of failure has its verdict."""

    def check(self, fault, want, detail="", **kw):
        run = selftest.run("newest", "4.20", fault=fault, show=False, **kw)
        self.assertEqual(run.verdict, want, run.detail)
        self.assertIn(detail, run.detail)
        self.assertNotEqual(report.unexpected(run), [])
        return run

    def test_panic(self):
        self.check("panic", ktap.PANIC, "sysrq triggered crash")

    def test_copy_that_is_not_averted(self):
        """A hit of the detector in swiotlb is a real fault; a patched kernel has none."""
        run = self.check("real", ktap.PANIC, "Unable to handle kernel paging request",
                         variant=STOCK)
        self.assertRegex((run.home / "console.log").read_text(), r"lr : swiotlb_bounce\+0x")
        run = selftest.run("newest", "4.20", fault="real", show=False)
        self.assertEqual(report.unexpected(run), [], report.summary(run))

    def test_warning(self):
        self.check("warn", ktap.PANIC, "WARNING: ")

    def test_xen_crash(self):
        self.check("xen", ktap.XEN_CRASH, "(XEN)")

    def test_noise(self):
        """The kernel logs all the time, and no result is lost."""
        run = selftest.run("newest", "4.20", fault="noise", show=False)
        self.assertEqual(report.unexpected(run), [], report.summary(run))
        log = (run.home / "console.log").read_text()
        self.assertGreater(log.count("noise of the kernel"), 2 * len(run.tests))

    def test_early(self):
        self.check("early", ktap.EARLY, "before the first test")

    def test_half(self):
        self.check("half", ktap.EARLY, " results")

    def test_no_plan(self):
        self.check("noplan", ktap.NO_PLAN)

    def test_hang(self):
        self.check("hang", ktap.TIMEOUT, timeout=15)

    def test_device_that_is_not_there(self):
        self.check("nomodule", ktap.FAILED)


class Measured(unittest.TestCase):
    """The letter and the page have the measured values."""

    @later("trees", 10)
    def test_answers_of_xen(self):
        runs = [boot("newest", xen) for xen in XENS]
        self.assertEqual(tables.load("answers")[1], [list(row) for row in xen_flush.rows(runs)])

    def test_pages_have_the_kept_tables(self):
        page = "".join(path.read_text() for path in tables.PAGES)
        shown = set(re.findall(r"(?m)^\.\. begin (\w+)$", page))
        self.assertEqual(shown, set(tables.TABLES) - {"short"})	# which a letter has
        for name in shown:
            body, about = tables.table(name)
            lines = "\n".join(f"   {line}".rstrip() for line in body.splitlines())
            self.assertIn(f".. begin {name}\n\n{about}::\n\n{lines}\n\n.. end {name}\n", page)
