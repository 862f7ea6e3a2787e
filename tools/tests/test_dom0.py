# SPDX-License-Identifier: GPL-2.0
"""Real boots: every Xen, both trees, stock and patched; and the ways to fail."""

import re
import unittest

from xendma import answers, common, dom0, kernel, measured, prefix, report, verdict

from . import support
from .support import make

TREES = ("newest", "6.12")
XENS = ("4.20", "4.17", "4.14")
OLDEST = ("5.10", "4.20")	# where other tests fail on stock
RUNS = {}


def boot(name, xen, variant=kernel.PATCHED):
    key = (name, xen, variant)
    if key not in RUNS:
        RUNS[key] = dom0.run(name, xen, variant, show=False)
    return RUNS[key]


class Boot(unittest.TestCase):
    """Stock fails as named, and patched passes."""

    def check(self, name, xen, variant):
        run = boot(name, xen, variant)
        self.assertEqual(report.wrong(run), [], report.summary(run))
        log = (run.home / "console.log").read_text()
        self.assertIn(f"(XEN) Xen version {xen}.", log)
        self.assertIn(f"Linux version {run.release}", log)


for _tree, _xen in [*((t, x) for t in TREES for x in XENS), OLDEST]:
    for _variant in (kernel.STOCK, kernel.PATCHED):
        setattr(Boot, f"test_{_tree}_xen_{_xen}_{_variant.name}".replace(".", "_"),
                lambda self, a=(_tree, _xen, _variant): self.check(*a))


class Flip(unittest.TestCase):
    """The series turns tests from fail to pass, on both trees."""

    def test_no_mapping(self):
        for name in TREES:
            stock, patched = boot(name, "4.20", kernel.STOCK), boot(name, "4.20")
            for test in ("no_mapping.mmap_pfn", "no_mapping.mmap_to_device",
                         "no_mapping.mmap_from_device", "no_mapping.get_sgtable"):
                self.assertEqual(stock.tests[test][0], "FAIL", (name, test))
                self.assertEqual(patched.tests[test][0], "PASS", (name, test))

    def test_same_tests_on_both(self):
        for name in TREES:
            self.assertEqual(list(boot(name, "4.20", kernel.STOCK).tests),
                             list(boot(name, "4.20").tests))

    def test_the_controls_ran(self):
        tests = boot("newest", "4.20").tests
        for name in ("wrong_page", "memory_type", "leak", "sg_leak"):
            self.assertEqual(tests[f"control.{name}"][0], "PASS")

    def test_readme_has_the_table_as_printed(self):
        """All but page numbers and the count of the others: a machine may skip one."""
        def plain(text):
            return [re.sub(r"\s+", " ", re.sub(r"0x[0-9a-f]+", "0x", l)).strip()
                    for l in text.splitlines()]
        table = plain(report.table(boot("newest", "4.20", kernel.STOCK), boot("newest", "4.20")))
        readme = plain((common.ROOT / "README.md").read_text())
        rows = [l for l in table if not l.startswith(("others", "--"))]
        self.assertGreater(len(rows), 50)
        for row in rows:
            self.assertIn(row, readme)


class Prefix(unittest.TestCase):
    """Each patch mends what it says, and turns nothing back."""

    def check(self, name):
        prefixes, rfc = prefix.runs(name, "4.20")
        self.assertEqual(prefix.wrong(prefixes, rfc), [])
        # Whose device it is says nothing about whose memory it is.
        for test, status in (("own_static.translated", "PASS"), ("others_static.translated", "FAIL"),
                             ("ram_with_pool.maintenance", "FAIL")):
            self.assertEqual(rfc.tests[test][0], status, test)
        # Kept from another point release, it must still be the same.
        self.assertEqual(measured.load(f"prefix-{name}")[1],
                         [list(row) for row in prefix.rows(prefixes, rfc)],
                         "series/measured is not what is measured: make prefix RECORD=1")

    def test_newest(self):
        self.check("newest")

    @unittest.skipUnless(support.ALL, "it is part of make check-all")
    def test_6_12(self):
        self.check("6.12")


class Mutant(unittest.TestCase):
    """The series with one thing taken out: a test must see it."""

    def check(self, name, old, new, *failing):
        run = boot("newest", "4.20", kernel.Variant(f"mutant-{name}", spoil=(old, new)))
        failed = {test for test, (status, _) in run.tests.items() if status == "FAIL"}
        self.assertLessEqual(set(failing), failed, run.detail)
        self.assertNotEqual(report.wrong(run), [])

    def test_mmap_of_the_raw_bus_address(self):
        self.check("mmap-raw", "PHYS_PFN(xen_dma_to_phys(dev, dma_addr)) + off",
                   "PHYS_PFN(dma_addr) + off", "offset.mmap_pfn", "no_mapping_offset.mmap_pfn")

    def test_get_sgtable_of_the_raw_bus_address(self):
        self.check("sgtable-raw", "phys_addr_t phys = xen_dma_to_phys(dev, dma_addr);",
                   "phys_addr_t phys = dma_addr;", "offset.get_sgtable")

    def test_without_the_devices_own_pool(self):
        self.check("no-pool", "if (dma_mmap_from_dev_coherent(dev, vma, cpu_addr, size, &ret))",
                   "if (!dev)", "onchip_pool.mmap_pfn")

    def test_without_bounds(self):
        self.check("no-bounds", "if (off >= count || user_count > count - off)",
                   "if (!count)", "cma.mmap_bounds", "no_mapping.mmap_bounds")

    def test_with_bounds_that_overflow(self):
        self.check("overflow", "if (off >= count || user_count > count - off)",
                   "if (off + user_count > count)", "cma.mmap_bounds")

    def test_without_page_protection(self):
        self.check("no-prot", "vma->vm_page_prot = dma_pgprot(dev, vma->vm_page_prot, attrs);",
                   "", "cma.mmap_memory_type", "no_mapping.mmap_memory_type")

    def test_without_asking_for_a_struct_page(self):
        self.check("no-pfn-valid",
                   "if (!pfn_valid(pfn) || !pfn_valid(PHYS_PFN(phys + size - 1)))",
                   "if (!size)", "onchip_pool.get_sgtable")

    MAPPED = "	if (memblock_is_map_memory(dma_to_phys(dev, dma_addr)))\n"

    def test_device_pages_are_maintained_by_the_cpu(self):
        self.check("device-pages", self.MAPPED, self.MAPPED[:-2] + """ ||
	    (pfn_valid(PFN_DOWN(dma_addr)) &&
	     is_zone_device_page(pfn_to_page(PFN_DOWN(dma_addr)))))
""", "device_pages.maintenance")

    def test_device_in_place_of_memory(self):
        own = "if (dma_in_dev_coherent(dev, phys, size))\n\t\treturn XEN_SWIOTLB_SYNC_NOBODY;"
        self.check("by-device", own, own.replace("dma_in_dev_coherent(dev, phys, size)",
                                                 "dev->dma_mem"),
                   "others_static_with_pool.maintenance", "others_dynamic_with_pool.maintenance")

    def test_unmap_that_asks_for_a_struct_page(self):
        ask = "	switch (%sxen_swiotlb_sync_by(dev, dma_addr, phys, size)) {\n"
        rest = """	case XEN_SWIOTLB_SYNC_CPU:
		break;
	case XEN_SWIOTLB_SYNC_XEN:
		xen_dma_sync_for_cpu("""
        self.check("cpu-pfn-valid", ask % "" + rest, ask % (
            "pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))) ? XEN_SWIOTLB_SYNC_CPU :\n\t\t"
            ) + rest, "others_static.translated", "hole.translated")

    def test_range_that_is_added_up(self):
        self.check("added-up", "size <= len - (phys - base);", "phys + size <= base + len;",
                   "misuse.wraps_static", "misuse.wraps_dynamic")

    def test_range_without_end(self):
        self.check("no-end", "size <= len - (phys - base);", "size;",
                   "misuse.leaves_static", "misuse.leaves_dynamic")

    def test_only_the_beginning_can_be_copied(self):
        self.check("no-end-copy", "xen_swiotlb_in_linear_map(phys + size - 1));", "size);",
                   "misuse.end_without_mapping")

    def test_refusal_to_bounce_is_never_quiet(self):
        self.check("never-quiet", "if (!(attrs & DMA_ATTR_NO_WARN))", "if (attrs + 1)",
                   "said.no_bounce")

    def test_refusal_of_xen_is_said_each_time(self):
        self.check("each-time", "dev_warn_once(dev, ", "dev_warn(dev, ", "said.refusal_of_xen")


class Provoked(unittest.TestCase):
    """Real runs that end badly get the verdict that says how."""

    def check(self, provoke, want, detail="", **kw):
        run = dom0.run("newest", "4.20", provoke=provoke, show=False, **kw)
        self.assertEqual(run.verdict, want, run.detail)
        self.assertIn(detail, run.detail)
        self.assertNotEqual(report.wrong(run), [])
        return run

    def test_panic(self):
        self.check("panic", verdict.PANIC, "sysrq triggered crash")

    def test_copy_that_is_not_averted(self):
        """What the detector says of a bounce buffer is a real fault; patched, there is none."""
        run = self.check("faults", verdict.PANIC, "Unable to handle kernel paging request",
                         variant=kernel.STOCK)
        self.assertRegex((run.home / "console.log").read_text(), r"lr : swiotlb_bounce\+0x")
        run = dom0.run("newest", "4.20", provoke="faults", show=False)
        self.assertEqual(report.wrong(run), [], report.summary(run))

    def test_warning(self):
        self.check("warn", verdict.PANIC, "WARNING: ")

    def test_xen_crash(self):
        self.check("xen", verdict.XEN_CRASH, "(XEN)")

    def test_early(self):
        self.check("early", verdict.EARLY, "before the first test")

    def test_half(self):
        self.check("half", verdict.EARLY, " results")

    def test_no_plan(self):
        self.check("noplan", verdict.NO_PLAN)

    def test_hang(self):
        self.check("hang", verdict.TIMEOUT, timeout=15)

    def test_device_that_is_not_there(self):
        self.check("nomodule", verdict.FAILED)


class Measured(unittest.TestCase):
    """What the letter and the page say is what is measured."""

    def test_answers_of_xen(self):
        runs = [boot("newest", xen) for xen in XENS]
        self.assertEqual(measured.load("answers")[1], [list(row) for row in answers.rows(runs)])

    def test_the_page_has_the_kept_tables(self):
        page = measured.PAGE.read_text()
        for name in measured.TABLES:
            body, about = measured.table(name)
            lines = "\n".join(f"   {line}".rstrip() for line in body.splitlines())
            self.assertIn(f".. begin {name}\n\n{about}::\n\n{lines}\n\n.. end {name}\n", page)

    def test_bench(self):
        done = make("bench", "TREE=newest")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"the two differ by 0\.\d+% at most")
        rows = [l.split() for l in done.stdout.splitlines() if l.startswith(("RAM", "static"))]
        self.assertEqual(len(rows), 20)


class FrontDoor(unittest.TestCase):
    def test_make_dom0(self):
        done = make("dom0", "TREE=newest", "XEN=4.17", "SERIES=1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("KTAP version 1", done.stdout)
        self.assertIn("as it must be", done.stdout)

    def test_make_dom0_stock(self):
        done = make("dom0", "TREE=newest", "SERIES=0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("not ok", done.stdout)
        self.assertIn("negative control", done.stdout)

    def test_make(self):
        done = make(identity=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^no_mapping\*\.mmap_pfn +5 +FAILED +passed$")
        self.assertRegex(done.stdout, r"(?m)^own_\*\.translated +2 +FAILED +passed$")
        self.assertIn(f"series: {common.BUILD}/series/", done.stdout)
        took = float(re.search(r"done in (\d+) s", done.stderr)[1])
        self.assertLessEqual(took, 60, "a warm make")

