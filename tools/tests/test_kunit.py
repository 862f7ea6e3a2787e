# SPDX-License-Identifier: GPL-2.0
"""The KUnit suite of the series, by the kernel's kunit.py and in a dom0."""

import subprocess
import unittest

from xendma import common, kernel, suite, tree

from .support import Case, make

# What is taken out, by the patch that has brought it: (old, new, the cases that must fail).
# Those of one set are taken out together; a set is for QEMU alone, or for a Xen.
MAPPED = "	if (memblock_is_map_memory(dma_to_phys(dev, dma_addr)))"
BOUNDS = "	if (off >= count || user_count > count - off)\n"
OUT = [
    (suite.ALONE, {
        "0002: another page": (
            ".mmap = xen_swiotlb_dma_mmap,", ".mmap = dma_common_mmap,", ["mmap_pages"]),
        "0003: another page": (
            ".get_sgtable = xen_swiotlb_dma_get_sgtable,",
            ".get_sgtable = dma_common_get_sgtable,", ["get_sgtable", "get_sgtable_of_no_pages"]),
        "0006: what has a struct page": (
            MAPPED, "	if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))))",
            ["sync_by.page to map a grant to"]),
        "0007: Xen is asked": ("	if (attrs & DMA_ATTR_MMIO)\n		return;\n", "", ["unmap_mmio"]),
        "0008: the ends of a pool": (
            "	return phys >= base && phys - base < len && size <= len - (phys - base);",
            "	return phys > base && phys - base < len;",
            ["in_pool", "not_in_pool", "sync_by.own pool", "sync_by.leaves its pool",
             "sync_by.wraps, in its pool", "map_own_pool", "map_leaves_pool"]),
        "0009: the end is not looked at": (
            "		xen_swiotlb_in_linear_map(phys + size - 1));", "		true);",
            ["can_copy_to_its_end"])}),
    (suite.ALONE, {
        "0002: no bounds": (BOUNDS, "	if (!count)\n", [
            "mmap_bounds.more than there is", "mmap_bounds.beyond the end",
            "mmap_bounds.behind the end", "mmap_bounds.far behind the end"]),
        "0009: it is bounced": ("	if (!xen_swiotlb_can_copy(phys, size)) {", "	if (!dev) {",
                                ["map_never_bounces_pool"]),
        "0009: the other way round": (
            "	return memblock_is_map_memory(phys) ||", "	return !memblock_is_map_memory(phys) ||",
            ["can_copy.memory", "can_copy.pool", "can_copy.no memory", "can_copy_to_its_end"]),
        "0010: what wraps": ("	if ((size && phys + size - 1 < phys) ||\n", "	if (!dev ||\n",
                             ["sync_by.wraps"]),
        "0012: Xen is asked for the own pool": (
            "		return XEN_SWIOTLB_SYNC_NOBODY;\n", "		return XEN_SWIOTLB_SYNC_XEN;\n",
            ["sync_by.own pool", "map_own_pool"])}),
    (suite.ALONE, {
        "0002: bounds too narrow": (BOUNDS, "	if (off + user_count >= count)\n", [
            "mmap_bounds.all of it", "mmap_bounds.the end of it",
            "mmap_bounds.all of a part of a page", "mmap_pages"]),
        "0006: by the device": (
            MAPPED, "	if (!dma_in_dev_coherent(dev, phys, 1))",
            ["sync_by.another's pool", "sync_by.no memory", "sync_by.leaves another's pool",
             "sync_by.wraps", "sync_by.page to map a grant to", "map_pool_of_another"]),
        "0009: no device pages": (
            "	       (pfn_valid(pfn) && is_zone_device_page(pfn_to_page(pfn)));", "	       !pfn;",
            ["can_copy.page to map a grant to"])}),
    ("4.20", {
        "0006: what has a struct page": (
            MAPPED, "	if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))))",
            ["sync_by.page to map a grant to", "sync_by.hole with struct pages"]),
        "0006: nothing is left to Xen": (
            "	return XEN_SWIOTLB_SYNC_XEN;\n}", "	return XEN_SWIOTLB_SYNC_REFUSED;\n}",
            ["map_pool_of_another", "sync_by.another's pool", "sync_by.no memory",
             "sync_by.leaves another's pool"]),
        "0009: what has a struct page": (
            "	       (pfn_valid(pfn) && is_zone_device_page(pfn_to_page(pfn)));",
            "	       pfn_valid(pfn);",
            ["can_copy.hole with struct pages", "can_copy_to_its_end"]),
        "0013: Xen is not really asked": (
            "	kunit_deactivate_static_stub(test, xen_dma_sync_for_cpu);\n", "", ["ask_xen"])}),
    ("4.20", {
        "0006: all is left to Xen": (
            "		return XEN_SWIOTLB_SYNC_CPU;\n", "		return XEN_SWIOTLB_SYNC_XEN;\n",
            ["sync_by.memory", "sync_by.memory, for a device with a pool",
             "sync_by.bounce buffer", "map_memory"])}),
]


class Suite(unittest.TestCase):
    """Each case passes, and is skipped only where it must be."""

    def check(self, arch, xen):
        """How many are skipped: [alone,] under Xen."""
        results = suite.run("newest", arch, [xen])
        self.assertEqual(suite.wrong(results, arch), [], suite.table(results))
        return [sum(1 for s in found.values() if s == "SKIP") for found in results.values()]

    def test_arm64(self):
        alone, dom0 = self.check("arm64", "4.20")
        self.assertGreater(alone, dom0)
        self.assertEqual(dom0, 0)

    def test_arm(self):
        self.check("arm", "4.17")

    def test_x86_64(self):
        self.check("x86_64", "4.20")


class Config(Case):
    """The command that the Kconfig help names configures a kernel with the suite."""

    def config(self, arch, *more):
        newest = tree.get("newest")
        work, _ = kernel.prepare(newest, kernel.contents(newest, kernel.PATCHED)[0], arch)
        done = subprocess.run(
            ["python3", work / "tools/testing/kunit/kunit.py", "config", f"--arch={arch}",
             f"--cross_compile={kernel.COMPILERS[arch]}", f"--build_dir={self.tmp}",
             "--kunitconfig=drivers/xen/tests", *more], text=True, cwd=work,
            env=kernel.environment() | {"PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done, (self.tmp / ".config").read_text()

    def test_arm64(self):
        done, config = self.config("arm64")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("\nCONFIG_SWIOTLB_XEN_KUNIT_TEST=y\n", config)
        self.assertIn("\nCONFIG_DMA_DECLARE_COHERENT=y\n", config)

    def test_x86_64_asks_for_more(self):
        done, config = self.config("x86_64")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("CONFIG_SWIOTLB_XEN_KUNIT_TEST=y", config)
        done, config = self.config("x86_64", *(f"--kconfig_add=CONFIG_{o}=y" for o in (
            "HYPERVISOR_GUEST", "PARAVIRT", "XEN_PV")))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("\nCONFIG_SWIOTLB_XEN_KUNIT_TEST=y\n", config)


class TakenOut(unittest.TestCase):
    """The series without some of its fixes: just the cases that are for those fail."""

    def check(self, number):
        where, out = OUT[number]
        spoil = tuple(text for old, new, _ in out.values() for text in (old, new))
        variant = kernel.Variant(f"mutant-kunit-{number}", spoil=spoil)
        newest = tree.get("newest")
        found = suite.alone(newest, kernel.ARCH, variant) if where == suite.ALONE else \
            suite.in_dom0(newest, kernel.ARCH, where, variant)
        self.assertEqual({case for case, status in found.items() if suite.is_bad(status)}
                         - {suite.QUIET}, {case for *_, cases in out.values() for case in cases})

    def test_first(self):
        self.check(0)

    def test_second(self):
        self.check(1)

    def test_third(self):
        self.check(2)

    def test_under_xen(self):
        self.check(3)

    def test_all_left_to_xen(self):
        self.check(4)

    def test_every_case_is_for_something(self):
        """Each of them fails in one of these sets."""
        every = suite.in_dom0(tree.get("newest"), kernel.ARCH, "4.20", kernel.PATCHED)
        self.assertEqual(set(every) - {suite.QUIET},
                         {case for _, out in OUT for *_, cases in out.values() for case in cases})


class Wrong(Case):
    """What is not as it must be is said."""

    GOOD = {"mmap_pages": "PASS", "get_sgtable": "PASS", "ask_xen": "SKIP", suite.QUIET: "PASS"}

    def wrong(self, **changes):
        return suite.wrong({suite.ALONE: self.GOOD | changes}, "arm64")

    def test_good(self):
        self.assertEqual(self.wrong(), [])

    def test_fails(self):
        self.assertEqual(self.wrong(mmap_pages="FAIL"),
                         ["no Xen: mmap_pages fails"])

    def test_skipped(self):
        self.assertEqual(self.wrong(in_pool="SKIP"), ["no Xen: in_pool is skipped"])

    def test_skipped_in_a_dom0(self):
        self.assertEqual(suite.wrong({"Xen 4.20": self.GOOD}, "arm64"),
                         ["Xen 4.20: ask_xen is skipped"])

    def test_splat(self):
        self.assertEqual(suite.quiet("[    1.0] BUG: sleeping function"), {suite.QUIET: "FAIL"})
        self.assertEqual(suite.quiet("    ok 1 in_pool\n"), {suite.QUIET: "PASS"})

    def test_nothing_but_skips(self):
        self.assertIn("no Xen: nothing has passed", self.wrong(mmap_pages="SKIP",
                                                                  get_sgtable="SKIP"))

    def test_xen_crashed(self):
        self.assertEqual(suite.quiet("(XEN) Panic on CPU 0:\n"), {suite.QUIET: "FAIL"})

    def parse(self, log):
        return suite.kunit(tree.get("newest"), self.tmp, "parse", input=log)

    GROUP = "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: {}\n    1..1\n" \
            "    {}ok 1 in_pool\n{}ok 1 {}\n"

    def test_log_without_the_suite(self):
        for log in ("(XEN) Panic on CPU 0:\n", "KTAP version 1\n1..0\n",
                    "KTAP version 1\n1..1\nok 1 env.dom0\n",
                    self.GROUP.format("other", "", "", "other")):
            with self.assertRaisesRegex(common.Stop, "the suite swiotlb_xen did not run"):
                self.parse(log)

    def test_log_with_the_suite(self):
        good = self.GROUP.format(suite.NAME, "", "", suite.NAME)
        self.assertEqual(self.parse(good), {"in_pool": "PASS"})
        bad = self.GROUP.format(suite.NAME, "not ", "not ", suite.NAME)
        self.assertEqual(self.parse(bad), {"in_pool": "FAIL"})

    def test_suite_that_fails_without_a_case(self):
        with self.assertRaisesRegex(common.Stop, "an error beside the cases"):
            self.parse(self.GROUP.format(suite.NAME, "", "not ", suite.NAME))

    def test_ran_in_one_place_only(self):
        lines = suite.wrong({suite.ALONE: self.GOOD, "Xen 4.20": {"mmap_pages": "PASS"}}, "arm64")
        self.assertIn("Xen 4.20: ask_xen did not run", lines)

    def test_tree_without_it(self):
        self.assert_stops(make("kunit", "TREE=6.12"), "TREE=6.12: its series has no KUnit suite")

    def test_unknown_names(self):
        self.assert_stops(make("kunit", "ARCH=vax", "XEN=4.20"), "ARCH=vax is unknown")
        self.assert_stops(make("kunit", "XEN=3.0"), "XEN=3.0 is unknown for arm64")
