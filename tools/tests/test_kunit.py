# SPDX-License-Identifier: GPL-2.0
"""The KUnit suite of the series: by kunit.py of the kernel, and in a dom0."""

import functools
import subprocess
import sys
import unittest

from xendma.util.archs import ARCH, COMPILERS
from xendma.util.errors import UserError
from xendma.sources import tree
from xendma.rig import build
from xendma.rig.variant import PATCHED, Variant, patched_sources
from xendma.runs import kernels, kunit

from .support import RIG, Case, later, make

# Parts of the series that a test removes: (old text, new text, cases that must fail).
# One kernel lacks all parts of a set. A set runs in QEMU without Xen, or under a Xen.
# KUnit catches a fault without Xen; under Xen, a fault would end the run.
FOR_CPU = """		if (memblock_is_map_memory(dma_to_phys(dev, dma_addr))) {
			arch_sync_dma_for_cpu(paddr, size, dir);"""
MAP = """		if (memblock_is_map_memory(dma_to_phys(dev, dev_addr))) {
			arch_sync_dma_for_device(phys, size, dir);"""
REMOVED = [
    (kunit.ALONE, {
        "0005: user space maps another page": (
            ".mmap = xen_swiotlb_dma_mmap,", ".mmap = dma_common_mmap,", ["mmap_pages"]),
        "0006: the scatterlist has another page": (
            ".get_sgtable = xen_swiotlb_dma_get_sgtable,",
            ".get_sgtable = dma_common_get_sgtable,", ["get_sgtable"]),
        "0007: one sync is always left to Xen": (
            FOR_CPU, "		if (!dev) {\n			arch_sync_dma_for_cpu(paddr, size, dir);",
            ["maintain.memory", "maintain.bounce buffer"]),
        "0008: Xen is asked for MMIO": (
            "	if (attrs & DMA_ATTR_MMIO)\n		return;\n", "", ["unmap_mmio"]),
        "0009: a pool is bounced": (
            "	if (!IS_ENABLED(CONFIG_X86) && !xen_swiotlb_can_copy(phys)) {", "	if (!dev) {",
            ["pool_out_of_reach"]),
        "0010: the attribute is ignored": (
            "	if (attrs & DMA_ATTR_REQUIRE_COHERENT)\n		return DMA_MAPPING_ERROR;\n", "",
            ["refuse.require coherent"]),
        "0106: a pool without its first byte": (
            "	return mem && PHYS_PFN(phys) - mem->pfn_base < mem->size;",
            "	return mem && PHYS_PFN(phys) - mem->pfn_base - 1 < mem->size;", ["in_pool"])}),
    (kunit.ALONE, {
        "0006: the DMA address of a pool": (
            "	if (is_vmalloc_addr(cpu_addr))", "	if (!cpu_addr)", ["get_sgtable_of_pool"]),
        "0007: nothing is left to Xen": (
            MAP, "		if (dev) {\n			arch_sync_dma_for_device(phys, size, dir);",
            ["maintain.pool", "maintain.no memory", "maintain.device page"]),
        "0009: everything can be copied": (
            "	if (memblock_is_map_memory(phys))\n		return true;", "	return true;",
            ["few_bytes_of_pool", "pool_out_of_reach"]),
        "0102: slots for nothing": (
            "	if (unlikely(!size))\n		return (phys_addr_t)DMA_MAPPING_ERROR;\n", "",
            ["refuse.no length"])}),
    ("4.20", {
        "0007: a struct page decides": (
            FOR_CPU, FOR_CPU.replace("memblock_is_map_memory(", "pfn_valid(PFN_DOWN(").replace(
                "))) {", ")))) {"),
            ["maintain.hole with struct pages", "maintain.device page"]),
        "0009: a few bytes are bounced": (
            """	    !(dma_kmalloc_needs_bounce(dev, size, dir) &&
	      xen_swiotlb_can_copy(phys)) &&""",
            "	    !dma_kmalloc_needs_bounce(dev, size, dir) &&", ["few_bytes_of_pool"])}),
]


@functools.cache
def results(arch, xen):
    """Return {place: {case: status}} of the suite, which runs once for all tests here."""
    return kunit.run("newest", arch, [xen])


class Suite(unittest.TestCase):
    """Each case passes, or is skipped if MAY_SKIP allows it."""

    def check(self, arch, xen):
        """Return the number of skipped cases for each place."""
        found = results(arch, xen)
        self.assertEqual(kunit.unexpected(found, arch), [], kunit.table(found))
        return [sum(1 for s in each.values() if s == "SKIP") for each in found.values()]

    @RIG
    def test_arm64(self):
        alone, dom0 = self.check("arm64", "4.20")
        self.assertGreater(alone, dom0)
        self.assertEqual(dom0, 0)

    @later("arm", 12)
    def test_arm(self):
        self.check("arm", "4.17")

    @later("x86_64", 12)
    def test_x86_64(self):
        self.check("x86_64", "4.20")


@RIG
class Config(Case):
    """The command in the Kconfig help configures a kernel with the suite."""

    def config(self, arch, *more):
        newest = tree.get("newest")
        work, _ = build.prepare(newest, patched_sources(newest, PATCHED)[0],
                                kernels.recipe(newest, arch))
        done = subprocess.run(
            [sys.executable, work / "tools/testing/kunit/kunit.py", "config", f"--arch={arch}",
             f"--cross_compile={COMPILERS[arch]}", f"--build_dir={self.tmp}",
             "--kunitconfig=drivers/xen/tests", *more], text=True, cwd=work,
            env=build.environment() | {"PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done, (self.tmp / ".config").read_text()

    def test_arm64(self):
        done, config = self.config("arm64")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("\nCONFIG_SWIOTLB_XEN_KUNIT_TEST=y\n", config)
        self.assertIn("\nCONFIG_DMA_DECLARE_COHERENT=y\n", config)

    def test_x86_64_needs_more_options(self):
        done, config = self.config("x86_64")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("CONFIG_SWIOTLB_XEN_KUNIT_TEST=y", config)
        done, config = self.config("x86_64", *(f"--kconfig_add=CONFIG_{o}=y" for o in (
            "HYPERVISOR_GUEST", "PARAVIRT", "XEN_PV")))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("\nCONFIG_SWIOTLB_XEN_KUNIT_TEST=y\n", config)


@later("mutants", 8)
class Removed(unittest.TestCase):
    """Only the cases for the removed parts of the series fail."""

    def check(self, number):
        where, parts = REMOVED[number]
        spoil = tuple(text for old, new, _ in parts.values() for text in (old, new))
        variant = Variant(f"mutant-kunit-{number}", spoil=spoil, without="speed")
        newest = tree.get("newest")
        found = kunit.run_alone(newest, ARCH, variant) if where == kunit.ALONE else \
            kunit.run_in_dom0(newest, ARCH, where, variant)
        self.assertEqual({case for case, status in found.items() if kunit.is_bad(status)}
                         - {kunit.QUIET}, {case for *_, cases in parts.values() for case in cases})

    def test_first(self):
        self.check(0)

    def test_second(self):
        self.check(1)

    def test_under_xen(self):
        self.check(2)

    def test_mmio_by_dma_direct(self):
        """dma-direct refuses MMIO while bouncing is forced."""
        found = kunit.run_alone(tree.get("newest"), ARCH, Variant("mutant-kunit-mmio", spoil=(
            "	/* dma-direct refuses MMIO if bouncing is forced. */\n",
            "	if (attrs & DMA_ATTR_MMIO)\n		return dma_direct_map_phys(dev, phys, size, "
            "dir, attrs, true);\n")))
        self.assertEqual({case for case, status in found.items() if kunit.is_bad(status)}
                         - {kunit.QUIET}, {"unmap_mmio"})

    def test_every_case_can_fail(self):
        """Each case of the suite fails in one of these sets."""
        every = results(ARCH, "4.20")["Xen 4.20"]
        self.assertEqual(set(every) - {kunit.QUIET},
                         {case for _, parts in REMOVED for *_, cases in parts.values()
                          for case in cases})


class Unexpected(Case):
    """Each unexpected result is one line."""

    HOLE = "maintain.hole with struct pages"
    GOOD = {"mmap_pages": "PASS", "get_sgtable": "PASS", HOLE: "SKIP", kunit.QUIET: "PASS"}

    def unexpected(self, **changes):
        return kunit.unexpected({kunit.ALONE: self.GOOD | changes}, "arm64")

    def test_good(self):
        self.assertEqual(self.unexpected(), [])

    def test_fails(self):
        self.assertEqual(self.unexpected(mmap_pages="FAIL"),
                         ["no Xen: mmap_pages fails"])

    def test_skipped(self):
        self.assertEqual(self.unexpected(in_pool="SKIP"), ["no Xen: in_pool is skipped"])

    def test_skipped_on_x86(self):
        """Cases of refusals need only bounce buffers, so they may never be skipped."""
        found = self.GOOD | {"maintain.memory": "SKIP", "refuse.no length": "SKIP"}
        for where in (kunit.ALONE, "Xen 4.20"):
            self.assertEqual(kunit.unexpected({where: found}, "x86_64"),
                             [f"{where}: refuse.no length is skipped"])

    def test_skipped_in_a_dom0(self):
        self.assertEqual(kunit.unexpected({"Xen 4.20": self.GOOD}, "arm64"),
                         [f"Xen 4.20: {self.HOLE} is skipped"])

    def test_splat(self):
        self.assertEqual(kunit.splat_case("[    1.0] BUG: sleeping function"), {kunit.QUIET: "FAIL"})
        self.assertEqual(kunit.splat_case("    ok 1 in_pool\n"), {kunit.QUIET: "PASS"})

    def test_only_skips(self):
        self.assertIn("no Xen: no case passed", self.unexpected(mmap_pages="SKIP",
                                                                  get_sgtable="SKIP"))

    def test_xen_crashed(self):
        self.assertEqual(kunit.splat_case("(XEN) Panic on CPU 0:\n"), {kunit.QUIET: "FAIL"})

    def parse(self, log):
        return kunit.run_kunit_py(tree.get("newest"), self.tmp, "parse", input=log)

    GROUP = "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: {}\n    1..1\n" \
            "    {}ok 1 in_pool\n{}ok 1 {}\n"

    def test_log_without_the_suite(self):
        for log in ("(XEN) Panic on CPU 0:\n", "KTAP version 1\n1..0\n",
                    "KTAP version 1\n1..1\nok 1 env.dom0\n",
                    self.GROUP.format("other", "", "", "other")):
            with self.assertRaisesRegex(UserError, "the suite swiotlb_xen did not run"):
                self.parse(log)

    def test_log_with_the_suite(self):
        good = self.GROUP.format(kunit.NAME, "", "", kunit.NAME)
        self.assertEqual(self.parse(good), {"in_pool": "PASS"})
        bad = self.GROUP.format(kunit.NAME, "not ", "not ", kunit.NAME)
        self.assertEqual(self.parse(bad), {"in_pool": "FAIL"})

    def test_suite_that_fails_without_a_case(self):
        with self.assertRaisesRegex(UserError, "an error besides failed cases"):
            self.parse(self.GROUP.format(kunit.NAME, "", "not ", kunit.NAME))

    def test_case_that_did_not_run(self):
        lines = kunit.unexpected({kunit.ALONE: self.GOOD, "Xen 4.20": {"mmap_pages": "PASS"}}, "arm64")
        self.assertIn(f"Xen 4.20: {self.HOLE} did not run", lines)

    def test_tree_without_the_suite(self):
        self.assert_stops(make("kunit", "TREE=6.12"), "TREE=6.12: its series has no KUnit suite")

    def test_unknown_names(self):
        self.assert_stops(make("kunit", "ARCH=vax", "XEN=4.20"), "ARCH=vax is unknown")
        self.assert_stops(make("kunit", "XEN=3.0"), "XEN=3.0 is unknown for arm64")
