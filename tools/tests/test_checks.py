# SPDX-License-Identifier: GPL-2.0
"""make static: no check finds more after the series than before, and each can find."""

from unittest import mock

from xendma import common, kernel, static, tree

from .support import Case, make

PLACE = "VISIBLE_IF_KUNIT bool xen_swiotlb_can_copy("
SPOILT = kernel.Variant("spoilt", spoil=(PLACE, """/**
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

    def test_gcc_sees_a_fault(self):
        self.sees("gcc", "unused variable")

    def test_gcc_without_kunit_sees_a_fault(self):
        self.sees("without-kunit", "unused variable")

    def test_file_that_is_not_looked_at(self):
        with mock.patch.object(static, "TARGETS", {}), self.assertRaisesRegex(
                common.Stop, "TARGETS lacks drivers/xen/swiotlb-xen.c"):
            static.table("newest", "arm64")

    def test_clang_sees_a_fault(self):
        self.sees("clang", "unused variable")

    def test_sparse_sees_a_fault(self):
        self.sees("sparse", "removes address space")

    def test_coccicheck_sees_a_fault(self):
        self.sees("coccicheck", "return virt_to_page(cpu_addr);")

    def test_kernel_doc_sees_a_fault(self):
        self.sees("kernel-doc", "spoilt")

    def test_checkpatch_sees_a_fault(self):
        self.sees("checkpatch", "please, no spaces at the start of a line")

    def test_get_maintainer_sees_a_fault(self):
        """A file that no entry of MAINTAINERS has but the last, for all."""
        found = self.found("get_maintainer", kernel.STOCK, "init/calibrate.c")
        self.assertTrue([l for l in found if "init/calibrate.c" in l], found)
