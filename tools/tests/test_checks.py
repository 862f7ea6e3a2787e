# SPDX-License-Identifier: GPL-2.0
"""make static: no check finds more after the series, and each finds a fault on purpose."""

from unittest import mock

from xendma.util.errors import UserError
from xendma.util.paths import TESTS
from xendma.sources import tree
from xendma.rig.variant import STOCK, Variant
from xendma.runs import static

from .support import Case, later, make

PLACE = "static bool xen_swiotlb_can_copy(phys_addr_t phys)"
SPOILT = Variant("spoilt", spoil=(PLACE, """/**
 * spoilt() - it does not say what it returns, nor what p is
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

""" + PLACE))


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

    def sees(self, name, word):
        found = self.found(name, SPOILT, "drivers/xen/swiotlb-xen.c")
        if found is None:
            self.skipTest(f"{name} cannot look on this machine")
        self.assertTrue([l for l in found if word in l], found)

    @later("static")
    def test_gcc_sees_a_fault(self):
        self.sees("gcc", "unused variable")

    @later("static")
    def test_gcc_without_kunit_sees_a_fault(self):
        self.sees("without-kunit", "unused variable")

    @later("static")
    def test_file_that_is_not_looked_at(self):
        with mock.patch.object(static, "TARGETS", {}), self.assertRaisesRegex(
                UserError, r"TARGETS lacks \S+\.c, which the series changes"):
            static.table("newest", "arm64")

    def test_each_target_is_compiled(self):
        """A configuration builds each changed file, or no check would see it."""
        config = "".join((TESTS / f).read_text() for f in (
            "config", "config.clients.arm64"))
        selected = ("CONFIG_SWIOTLB", "CONFIG_SWIOTLB_XEN", "CONFIG_DMA_DECLARE_COHERENT",
                    "CONFIG_SWIOTLB_XEN_KUNIT_TEST")	# by others, or by build.configure()
        self.assertEqual([o for o in static.TARGETS.values()
                          if o not in selected and f"{o}=y\n" not in config], [])

    def test_patch_that_changes_nothing_compiled(self):
        (self.tmp / ".config").write_text("CONFIG_SWIOTLB=y\n")
        for arch, names, want in (
                ("x86_64", ["MAINTAINERS", "Documentation/core-api/index.rst"], False),
                ("x86_64", ["arch/arm/xen/mm.c", "kernel/dma/coherent.c"], False),
                ("x86_64", ["kernel/dma/swiotlb.c"], True), ("arm64", ["arch/arm/xen/mm.c"], True),
                ("arm", ["drivers/misc/fastrpc.c", "kernel/dma/direct.h"], True)):
            self.assertEqual(static.concerns(names, self.tmp, arch), want, names)

    @later("static")
    def test_clang_sees_a_fault(self):
        self.sees("clang", "unused variable")

    @later("static")
    def test_sparse_sees_a_fault(self):
        self.sees("sparse", "removes address space")

    @later("static")
    def test_coccicheck_sees_a_fault(self):
        self.sees("coccicheck", "return virt_to_page(cpu_addr);")

    @later("static")
    def test_kernel_doc_sees_a_fault(self):
        self.sees("kernel-doc", "spoilt")

    @later("static")
    def test_checkpatch_sees_a_fault(self):
        self.sees("checkpatch", "please, no spaces at the start of a line")

    @later("static")
    def test_get_maintainer_sees_a_fault(self):
        """Only the last entry of MAINTAINERS, for all files, has this file."""
        found = self.found("get_maintainer", STOCK, "init/calibrate.c")
        self.assertTrue([l for l in found if "init/calibrate.c" in l], found)
