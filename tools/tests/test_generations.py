# SPDX-License-Identifier: GPL-2.0
"""Kernels that Debian has no source of, and kernels that differ a little.

The older generations are file sets of our own with the right shape, or are made
from a pristine tree: they are generated, not compiled and not booted.
"""

import re
import subprocess

from .support import TOUCHED, Case, make, small_tree

MM = "arch/arm/xen/mm.c"
BY_ARCH = """struct dma_map_ops *xen_dma_ops;

static struct dma_map_ops xen_swiotlb_dma_ops = {
	.alloc = xen_swiotlb_alloc_coherent,
	.map_page = xen_swiotlb_map_page,
	.dma_supported = xen_swiotlb_dma_supported,
};
"""


class Generation(Case):
    """The patches of a generation, and what they make of its files."""

    def release(self, k, version):
        major, minor = version.split(".")
        (k / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = 9\n")

    def files(self, version, **texts):
        """A tree with nothing but these files."""
        k = self.tmp / "k"
        for name, text in texts.items():
            path = k / {"mm": MM, "swiotlb": TOUCHED, "header": "include/linux/dma-mapping.h",
                        "kernel": "kernel/Makefile"}[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.release(k, version)
        return k

    def derived(self, version, source, *changes):
        """The tree of another version, with (file, pattern, text) changed."""
        k = small_tree(self.tmp / "k", source)
        self.release(k, version)
        for name, pattern, text in changes:
            (k / name).write_text(re.sub(pattern, text, (k / name).read_text(), flags=re.M))
        return k

    def series(self, k):
        done = make("series", f"KDIR={k}", f"OUT={self.tmp}/out")
        self.assert_ok(done)
        files = sorted((self.tmp / "out").iterdir())
        for p in files[1:]:
            subprocess.run(["git", "apply", "--whitespace=nowarn", p], cwd=k, check=True,
                           env={"GIT_CEILING_DIRECTORIES": str(self.tmp), "PATH": "/usr/bin:/bin"})
        subjects = [re.search(r"(?ms)^Subject: \[PATCH[^]]*\] (.*?)\n\n", p.read_text())[1]
                    for p in files[1:]]
        return [" ".join(s.split()) for s in subjects], files[0].read_text()

    def by_arch(self, version, attrs, table=BY_ARCH):
        k = self.files(version, kernel="", swiotlb="", mm=table, header=f"int mmap({attrs});\n")
        subjects, letter = self.series(k)
        self.assertIn("neither compiled nor booted", letter)
        text = (k / MM).read_text()
        self.assertRegex(text, r"\.get_sgtable = xen_swiotlb_dma_get_sgtable,")
        return subjects, text, attrs

    def test_4_4(self):
        subjects, text, attrs = self.by_arch("4.4", "struct dma_attrs *attrs")
        self.assertEqual(len(subjects), 2)
        self.assertRegex(text, r"\.mmap = xen_swiotlb_dma_mmap,")
        self.assertEqual(text.count(attrs), 2)

    def test_4_9_of_the_first_point_releases(self):
        subjects, text, attrs = self.by_arch("4.9", "unsigned long attrs")
        self.assertEqual(len(subjects), 2)
        self.assertEqual(text.count(attrs), 2)

    def test_4_9_with_the_callback_backported(self):
        subjects, text, _ = self.by_arch("4.9", "unsigned long attrs", BY_ARCH.replace(
            "\t.map_page", "\t.mmap = xen_swiotlb_dma_mmap,\n\t.map_page"))
        self.assertEqual(subjects, ["arm/xen: describe DMA buffers as the architecture does"])
        self.assertNotIn("xen_swiotlb_dma_mmap(struct", text)

    def test_nothing_to_do(self):
        for version in ("4.11", "4.14", "4.19", "5.3"):
            k = self.files(version, kernel="", swiotlb="", mm="")
            self.assert_stops(make("series", f"KDIR={k}"), f"Linux {version}.9): nothing to do, "
                              "because since 7e91c7df29b5")

    def test_too_old(self):
        k = self.files("4.3", kernel="", swiotlb="", mm="")
        self.assert_stops(make("series", f"KDIR={k}"), "Linux 4.3.9): not supported, because")

    def test_5_4(self):
        """Its helpers have no device, and the sync is decided in arch/arm/xen."""
        k = self.derived(
            "5.4", "5.10", (TOUCHED, r"^static inline phys_addr_t xen_bus_to_phys\([^}]*}\n", ""),
            (TOUCHED, r"xen_dma_to_phys\((struct device \*dev|\w+),\s+", "xen_bus_to_phys("),
            (TOUCHED, r"^#include <linux/dma-map-ops\.h>", "#include <linux/dma-noncoherent.h>"))
        (k / "include/linux/dma-map-ops.h").unlink()
        subjects, letter = self.series(k)
        self.assertEqual([s.split(": ")[1].split()[0] for s in subjects],
                         ["allocate", "add", "add"])
        text = (k / TOUCHED).read_text()
        self.assertIn("PHYS_PFN(xen_bus_to_phys(dma_addr)) + off", text)
        self.assertIn("phys_addr_t phys = xen_bus_to_phys(dma_addr);", text)
        self.assertNotIn("xen_dma_to_phys", text)
        self.assertIn("neither compiled nor booted", letter)

    def check(self, version, source, count, *changes):
        subjects, _ = self.series(self.derived(version, source, *changes))
        self.assertEqual(len(subjects), count, subjects)

    def test_5_15(self):
        self.check("5.15", "5.10", 12, ("include/linux/dma-map-ops.h",
                                        r"^.*dma_release_coherent_memory.*\n", ""),
                   (TOUCHED, r"return paddr >= [^;]*;", "return is_swiotlb_buffer(dev, paddr);"))

    def test_5_15_with_its_allocation_mended(self):
        self.check("5.15", "5.10", 11, (TOUCHED, r"^(\t\.alloc =) \w+", r"\1 dma_direct_alloc"),
                   (TOUCHED, r"^(static void \*\nxen_swiotlb_alloc)", r"#ifdef CONFIG_X86\n\1"))

    def test_6_6(self):
        self.check("6.6", "6.1", 11)

    def test_6_18(self):
        self.check("6.18", "6.12", 11)

    def test_git_between_two_releases(self):
        self.check("7.1", "7.2", 12)


class Vendor(Case):
    """A kernel that differs a little gets a precise error, not a smaller patch."""

    def stops(self, rule, *words):
        k = small_tree(self.tmp / "k")
        before = (k / TOUCHED).read_text()
        (self.tmp / "vendor.cocci").write_text(rule)
        subprocess.run(["spatch", "--very-quiet", "--no-includes", "--in-place", "--sp-file",
                        self.tmp / "vendor.cocci", k / TOUCHED], check=True, capture_output=True)
        self.assertNotEqual((k / TOUCHED).read_text(), before, "the rule changed nothing")
        done = make("series", f"KDIR={k}", f"OUT={self.tmp}/out")
        self.assert_stops(done, f"file {TOUCHED} of {k}: ", *words)
        self.assertFalse((self.tmp / "out").exists(), "OUT was made")

    def test_renamed_question(self):
        self.stops("@@@@\n-pfn_valid\n+vendor_pfn_valid\n  (...)\n",
                   "one-place.cocci", "found 0 sites, wanted 4")

    def test_renamed_helper(self):
        self.stops("@@@@\n-dma_to_phys\n+vendor_dma_to_phys\n  (...)\n",
                   "one-place.cocci", "found 0 sites, wanted 4")

    def test_extra_argument(self):
        self.stops("@@expression E;@@\n  xen_dma_sync_for_cpu(E, ...\n+\t, 0\n  )\n",
                   "one-place.cocci", "found 2 sites, wanted 4")

    def test_call_site_more(self):
        self.stops("@@@@\n  xen_swiotlb_unmap_sg(...)\n  {\n\t...\n"
                   "+\tif (pfn_valid(PFN_DOWN(dma_to_phys(hwdev, 0))))\n"
                   "+\t\tarch_sync_dma_for_cpu(0, 1, dir);\n+\telse\n"
                   "+\t\txen_dma_sync_for_cpu(hwdev, 0, 1, dir);\n  }\n",
                   "one-place.cocci", "found 5 sites, wanted 4")

    def test_bounce_without_a_trace(self):
        self.stops("@@@@\n-trace_swiotlb_bounced(...);\n", "no-bounce.cocci",
                   "found 0 sites, wanted 1")
