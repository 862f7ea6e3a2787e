# SPDX-License-Identifier: GPL-2.0
"""Checks of make static: the series adds no finding, and each check detects a planted fault."""

import collections
from unittest import mock

from xendma.util.errors import UserError
from xendma.util.paths import TESTS
from xendma.sources import tree
from xendma.rig.variant import STOCK, Variant
from xendma.runs import static

from .support import Case, later, make

PLACE = "static bool xen_swiotlb_can_copy(phys_addr_t phys)"
SPOILT = Variant("spoilt", spoil=(PLACE, """/**
 * spoilt() - the return value and p are not described
 */
static int spoilt(void __user *p)
{
    int unused;

	return *(int *)p;
}

struct page *spoilt_too(struct device *dev, void *cpu_addr, dma_addr_t dma_addr);
struct page *spoilt_too(struct device *dev, void *cpu_addr, dma_addr_t dma_addr)
{
	return virt_to_page(cpu_addr);
}

""" + PLACE), without="speed")


class Checks(Case):
    @later("static", 15)
    def test_newest(self):
        done = make("static", "TREE=newest")
        self.assert_ok(done)
        for name in ("each patch", *static.NAMES):
            self.assertRegex(done.stdout, rf"(?m)^{name} +(\d+ +\d+ +0|left out.*)$")

    def test_unknown_architecture(self):
        self.assert_stops(make("static", "ARCH=vax"), "ARCH=vax is unknown: there are arm64, arm")

    def found(self, name, variant, file):
        work, objects = static.prepared(tree.get("newest"), variant, "arm64")
        return static.lines(name, work, objects, "arm64", [file])

    def check_detects(self, name, word):
        found = self.found(name, SPOILT, "drivers/xen/swiotlb-xen.c")
        if found is None:
            self.skipTest(f"{name} cannot run on this machine")
        self.assertTrue([l for l in found if word in l], found)

    @later("static")
    def test_gcc_detects_a_fault(self):
        self.check_detects("gcc", "unused variable")

    @later("static")
    def test_gcc_without_kunit_detects_a_fault(self):
        self.check_detects("without-kunit", "unused variable")

    @later("static")
    def test_changed_file_without_a_target(self):
        with mock.patch.object(static, "TARGETS", {}), self.assertRaisesRegex(
                UserError, r"TARGETS lacks \S+\.c, which the series changes"):
            static.table("newest", "arm64")

    def test_each_target_is_compiled(self):
        """The configuration builds each changed file, so the checks can read it."""
        config = "".join((TESTS / f).read_text() for f in (
            "config", "config.clients.arm64"))
        selected = ("CONFIG_SWIOTLB", "CONFIG_SWIOTLB_XEN", "CONFIG_DMA_DECLARE_COHERENT",
                    "CONFIG_SWIOTLB_XEN_KUNIT_TEST")	# selected by others or build.configure()
        self.assertEqual([o for o in static.TARGETS.values()
                          if o not in selected and f"{o}=y\n" not in config], [])

    def test_patch_of_files_that_are_not_compiled(self):
        (self.tmp / ".config").write_text("CONFIG_SWIOTLB=y\n")
        for arch, names, expected in (
                ("x86_64", ["MAINTAINERS", "Documentation/core-api/index.rst"], False),
                ("x86_64", ["arch/arm/xen/mm.c", "kernel/dma/coherent.c"], False),
                ("x86_64", ["kernel/dma/swiotlb.c"], True), ("arm64", ["arch/arm/xen/mm.c"], True),
                ("arm", ["drivers/misc/fastrpc.c", "kernel/dma/direct.h"], True)):
            self.assertEqual(static.concerns(names, self.tmp, arch), expected, names)

    def test_file_that_only_x86_compiles(self):
        """With the part speed, ARM has its DMA operations in a file of its own."""
        (self.tmp / ".config").write_text("CONFIG_SWIOTLB_XEN=y\n")
        rules = self.tmp / "source/drivers/xen/Makefile"
        rules.parent.mkdir(parents=True)
        for rule, archs in (("obj-$(CONFIG_SWIOTLB_XEN)\t\t+= swiotlb-xen.o\n",
                             {"arm64", "arm", "x86_64"}),
                            ("swiotlb-$(CONFIG_X86)\t\t\t+= swiotlb-xen.o\n", {"x86_64"})):
            rules.write_text(rule)
            self.assertEqual({arch for arch in ("arm64", "arm", "x86_64")
                              if "drivers/xen/swiotlb-xen.o" in static.compiled(self.tmp, arch)},
                             archs)

    def test_finding_in_a_header(self):
        """Only sparse has findings of its own in a header that the series does not change."""
        of_sparse = "a/rbtree.h: error: incompatible types (different address spaces):"
        new = ["a/rbtree.h: warning: out of bounds [-Warray-bounds]", "a/p2m.c: error: x",
               "a/page.h: error: x"]
        self.assertEqual(static.new_findings(
            collections.Counter(), collections.Counter([of_sparse, "a/homepage.h: error: x", *new]),
            ["a/page.h", "a/mm.c"]), collections.Counter(new))

    @later("static")
    def test_clang_detects_a_fault(self):
        self.check_detects("clang", "unused variable")

    @later("static")
    def test_sparse_detects_a_fault(self):
        self.check_detects("sparse", "removes address space")

    @later("static")
    def test_coccicheck_detects_a_fault(self):
        self.check_detects("coccicheck", "return virt_to_page(cpu_addr);")

    @later("static")
    def test_kernel_doc_detects_a_fault(self):
        self.check_detects("kernel-doc", "spoilt")

    @later("static")
    def test_checkpatch_detects_a_fault(self):
        self.check_detects("checkpatch", "please, no spaces at the start of a line")

    @later("static")
    def test_get_maintainer_detects_a_fault(self):
        """Only the last entry of MAINTAINERS, which is for all files, matches this file."""
        found = self.found("get_maintainer", STOCK, "init/calibrate.c")
        self.assertTrue([l for l in found if "init/calibrate.c" in l], found)
