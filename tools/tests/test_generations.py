# SPDX-License-Identifier: GPL-2.0
"""Kernels without a Debian source, and kernels that differ a little.

The older generations are small file sets of our own, or derived from a pristine tree.
Patches are generated and applied; nothing is compiled or booted.
"""

import re
import subprocess

from . import support
from .support import TOUCHED, Case, make, small_tree

MM = "arch/arm/xen/mm.c"
BY_ARCH = """struct dma_map_ops *xen_dma_ops;

static struct dma_map_ops xen_swiotlb_dma_ops = {
	.alloc = xen_swiotlb_alloc_coherent,
	.map_page = xen_swiotlb_map_page,
	.dma_supported = xen_swiotlb_dma_supported,
};
"""
# The callback of 4.11 to 5.3, in drivers/xen/swiotlb-xen.c.
CALLBACK = """static int
xen_swiotlb_{0}(struct device *dev, size_t size, unsigned long attrs)
{{
#ifdef CONFIG_ARM
	if (xen_get_dma_ops(dev)->{1})
		return xen_get_dma_ops(dev)->{1}(dev, size, attrs);
#endif
	return dma_common_{1}(dev, size, attrs);
}}
"""
MMAP = CALLBACK.format("dma_mmap", "mmap")
SGTABLE = CALLBACK.format("get_sgtable", "get_sgtable")
SINCE_4_12 = MMAP + SGTABLE + """
const struct dma_map_ops xen_swiotlb_dma_ops = {
	.alloc = xen_swiotlb_alloc_coherent,
	.mmap = xen_swiotlb_dma_mmap,
	.get_sgtable = xen_swiotlb_get_sgtable,
};
"""
# Before 5.9, arch/arm/xen/mm.c decides who maintains the caches.
BY_MM = ((TOUCHED, r"^static inline phys_addr_t xen_bus_to_phys\([^}]*}\n", ""),
         (TOUCHED, r"xen_dma_to_phys\((struct device \*dev|\w+),\s+", "xen_bus_to_phys("),
         (TOUCHED, r"return xen_bus_to_phys\(dev, dma_to_phys\(dev, dma_addr\)\);", "return dma_addr;"),
         (TOUCHED, r"\{\s+if \(pfn_valid\(PFN_DOWN\(dma_to_phys\([^;]*;\s+else\s+"
                   r"(xen_dma_sync_for_\w+\()\w+, (\w+)(, [^;]*;)\n\t\}", r"\n\t\t\1\2, paddr\3"),
         (MM, r"^\thandle &= XEN_PAGE_MASK;\n", ""),
         (MM, r"^\t\tcflush\.a\.dev_bus_addr = dma_to_phys\(dev, handle\);\n\n", ""),
         (MM, r"(cflush\.)(offset = xen_offset_in_page\(handle\);)",
          r"\1a.dev_bus_addr = handle & XEN_PAGE_MASK;\n\t\1\2"),
         (MM, r"handle \+= cflush", "cflush.a.dev_bus_addr += cflush"),
         (TOUCHED, r"^#include <linux/dma-map-ops\.h>", "#include <linux/dma-noncoherent.h>"))


class Generation(Case):
    """The patches for a generation, and its files after them."""

    def files(self, version, **texts):
        """Return a tree that has only these files."""
        k = self.tmp / "k"
        for name, text in texts.items():
            path = k / {"mm": MM, "swiotlb": TOUCHED, "header": "include/linux/dma-mapping.h",
                        "kernel": "kernel/dma/mapping.c"}[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return support.release(k, version)

    def derived(self, version, source, *changes):
        """Return a tree with another version, after changes (file, pattern, text)."""
        k = support.release(small_tree(self.tmp / "k", source), version)
        for name, pattern, text in changes:
            before = (k / name).read_text()
            (k / name).write_text(re.sub(pattern, text, before, flags=re.M))
            self.assertNotEqual((k / name).read_text(), before, f"{pattern} changed nothing")
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

    def by_arch(self, version, attrs, table=BY_ARCH, swiotlb=""):
        k = self.files(version, kernel="", swiotlb=swiotlb, mm=table, header=f"int mmap({attrs});\n")
        subjects, letter = self.series(k)
        self.assertIn("neither compiled nor booted", letter)
        text = (k / MM).read_text()
        self.assertRegex(text, r"\.get_sgtable = xen_swiotlb_dma_get_sgtable,")
        self.assertIn("return ops->get_sgtable(dev, sgt, cpu_addr, dma_addr, size, attrs);", text)
        self.assertNotIn("HAVE_", text)
        return subjects, text, attrs

    def test_4_4(self):
        subjects, text, attrs = self.by_arch("4.4", "struct dma_attrs *attrs")
        self.assertEqual(len(subjects), 2)
        self.assertRegex(text, r"\.mmap = xen_swiotlb_dma_mmap,")
        self.assertEqual(text.count(attrs), 2)
        self.assertNotIn("unsigned long attrs", text)

    def test_4_9_of_the_first_point_releases(self):
        subjects, text, attrs = self.by_arch("4.9", "unsigned long attrs")
        self.assertEqual(len(subjects), 2)
        self.assertEqual(text.count(attrs), 2)

    def test_4_9_with_the_callback_backported(self):
        """The table has the callback, and swiotlb-xen.c the function, as in 4.9.y."""
        subjects, text, _ = self.by_arch("4.9", "unsigned long attrs", BY_ARCH.replace(
            "\t.map_page", "\t.mmap = xen_swiotlb_dma_mmap,\n\t.map_page"), MMAP)
        self.assertEqual(subjects, ["arm/xen: fix scatterlists of DMA buffers"])
        self.assertNotIn("xen_swiotlb_dma_mmap(struct", text)

    def test_4_9_with_another_callback(self):
        k = self.files("4.9", kernel="", swiotlb="", header="", mm=BY_ARCH.replace(
            "\t.map_page", "\t.mmap = its_own_mmap,\n\t.map_page"))
        self.assert_stops(make("series", f"KDIR={k}"), f"'{MM}: .mmap = its_own_mmap,' is in the "
                          "place of 'arm/xen: fix user mappings", "revert the commit")

    def test_nothing_to_do(self):
        for version, swiotlb in (("4.11", MMAP + SGTABLE), ("4.14", SINCE_4_12),
                                 ("4.19", SINCE_4_12), ("5.3", SINCE_4_12)):
            k = self.files(version, swiotlb=swiotlb, mm="", kernel="int dma_common_mmap();\n"
                           "int dma_common_get_sgtable();\n")
            self.assert_stops(make("series", f"KDIR={k}"), f"Linux {version}.9): nothing to do, "
                              "because since 7e91c7df29b5")

    def test_too_old(self):
        k = self.files("4.3", kernel="", swiotlb="", mm="")
        self.assert_stops(make("series", f"KDIR={k}"), "Linux 4.3.9): not supported, because")

    def test_5_4(self):
        """Linux 5.4 has helpers without a device, and no dma_direct_mmap()."""
        for version in ("5.4", "5.3.18"):
            k = self.derived(version, "5.10", *BY_MM, (
                "kernel/dma/direct.c", r"\bdma_direct_(mmap|get_sgtable)\b", r"its_\1"))
            (k / "include/linux/dma-map-ops.h").unlink()
            (k / "kernel/dma/direct.h").unlink()
            subjects, letter = self.series(k)
            self.assertEqual(subjects, ["xen/swiotlb: allocate with dma_direct_alloc() on ARM",
                                        "xen/swiotlb: fix user mappings of DMA buffers on ARM",
                                        "xen/swiotlb: fix scatterlists of DMA buffers on ARM"])
            text = (k / TOUCHED).read_text()
            self.assertIn("\treturn vm_iomap_memory(vma, xen_bus_to_phys(dma_addr), "
                          "PAGE_ALIGN(size));\n", text)
            self.assertIn("sg_set_page(sgt->sgl, phys_to_page(xen_bus_to_phys(dma_addr)),\n", text)
            self.assertNotRegex(text, "xen_dma_to_phys|dma_direct_mmap|HAVE_")
            self.assertIn("neither compiled nor booted", letter)

    def check(self, version, source, count, *changes):
        subjects, _ = self.series(self.derived(version, source, *changes))
        self.assertEqual(len(subjects), count, subjects)

    def test_5_8(self):
        """Linux 5.8 has dma_direct_mmap(), with its prototype in the public header."""
        k = self.derived("5.8", "5.10", *BY_MM)
        (k / "kernel/dma/direct.h").unlink()
        subjects, _ = self.series(k)
        self.assertEqual(len(subjects), 3, subjects)
        self.assertIn("\treturn dma_direct_mmap(dev, ", (k / TOUCHED).read_text())

    def test_5_15(self):
        self.check("5.15", "5.10", 8, ("include/linux/dma-map-ops.h",
                                       r"^.*dma_release_coherent_memory.*\n", ""),
                   (TOUCHED, r"return paddr >= [^;]*;", "return is_swiotlb_buffer(dev, paddr);"))

    def test_5_15_with_fixed_allocation(self):
        self.check("5.15", "5.10", 7, (TOUCHED, r"^(\t\.alloc =) \w+,\n(\t\.free =) \w+,\n",
                                       r"#ifdef CONFIG_X86\n\t.alloc = xen_swiotlb_alloc_coherent,\n"
                                       r"\t.free = xen_swiotlb_free_coherent,\n#else\n"
                                       r"\1 dma_direct_alloc,\n\2 dma_direct_free,\n#endif\n"),
                   (TOUCHED, r"^(static void \*\nxen_swiotlb_alloc)", r"#ifdef CONFIG_X86\n\1"))

    def test_6_6(self):
        self.check("6.6", "6.1", 7)

    def test_6_18(self):
        self.check("6.18", "6.12", 7)

    def test_git_between_two_releases(self):
        self.check("7.1", "7.2", 9)


class Vendor(Case):
    """A kernel that differs a little gets a precise error, not a shorter series."""

    def vendor(self, rule):
        """Change the newest tree like a vendor; return the finished make series."""
        self.k = small_tree(self.tmp / "k")
        before = (self.k / TOUCHED).read_text()
        (self.tmp / "vendor.cocci").write_text(rule)
        subprocess.run(["spatch", "--very-quiet", "--no-includes", "--in-place", "--sp-file",
                        self.tmp / "vendor.cocci", self.k / TOUCHED], check=True,
                       capture_output=True)
        self.assertNotEqual((self.k / TOUCHED).read_text(), before, "the rule changed nothing")
        return make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out")

    def stops(self, rule, *words):
        done = self.vendor(rule)
        self.assert_stops(done, f"file {TOUCHED} of {self.k}: ", *words)
        self.assertFalse((self.tmp / "out").exists(), "OUT was created")

    def test_renamed_condition(self):
        self.stops("@@@@\n-pfn_valid\n+vendor_pfn_valid\n  (...)\n",
                   "linear-map.cocci", "found 0 sites, wanted 4")

    def test_renamed_helper(self):
        self.stops("@@@@\n-dma_to_phys\n+vendor_dma_to_phys\n  (...)\n",
                   "linear-map.cocci", "found 0 sites, wanted 4")

    def test_additional_call_site(self):
        self.stops("@@@@\n  xen_swiotlb_unmap_sg(...)\n  {\n\t...\n"
                   "+\tif (pfn_valid(PFN_DOWN(dma_to_phys(hwdev, 0))))\n"
                   "+\t\tarch_sync_dma_for_cpu(0, 1, dir);\n+\telse\n"
                   "+\t\txen_dma_sync_for_cpu(hwdev, 0, 1, dir);\n  }\n",
                   "linear-map.cocci", "found 5 sites, wanted 4")

    def test_bounce_without_a_comment(self):
        self.stops("@@@@\n-trace_swiotlb_bounced(...);\n",
                   "rule drivers/xen/swiotlb-xen.no-bounce.c", "'* Oh well, have to allocate and "
                   "map a bounce buffer.' is there 0 times, wanted 1")

    def test_extra_argument(self):
        """The rule does not change the call, so the call may have other arguments."""
        self.assert_ok(self.vendor("@@expression E;@@\n"
                                   "  xen_dma_sync_for_cpu(E, ...\n+\t, 0\n  )\n"))
        for p in sorted((self.tmp / "out").iterdir())[1:]:
            # The part speed takes this code away.
            if "-map-local-memory-with-dma-direct" in p.name:
                break
            support.git(self.k, "apply", str(p))
        text = (self.k / TOUCHED).read_text()
        self.assertEqual(text.count("memblock_is_map_memory(dma_to_phys("), 4)
        self.assertEqual(text.count(", dir, 0);"), 2)
