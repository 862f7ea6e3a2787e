# SPDX-License-Identifier: GPL-2.0
"""Trees that others changed: their content decides, and errors name each obstacle.

Each is derived from a pristine tree. Patches are generated and applied; nothing is
compiled or booted.
"""

import contextlib
import io
import re

from xendma.sources import tree
from xendma.series import patch, selection

from . import support
from .support import TOUCHED, Case, edit, git, make, patches_for, release, repository, small_tree

OPS = "include/linux/dma-map-ops.h"
TABLE = "const struct dma_map_ops xen_swiotlb_dma_ops = {\n"
# Callbacks of a vendor: {0} is mmap or get_sgtable.
BY_CPU_ADDRESS = """static int
xen_swiotlb_dma_{0}(struct device *dev, void *vma, void *cpu_addr,
		dma_addr_t dma_addr, size_t size, unsigned long attrs)
{{
	struct page *page;

	if (is_vmalloc_addr(cpu_addr))
		page = vmalloc_to_page(cpu_addr);
	else
		page = virt_to_page(cpu_addr);

	if (!page)
		return -ENXIO;
	return dma_common_{0}(dev, vma, page_address(page), dma_addr, size, attrs);
}}

"""
BY_DMA_ADDRESS = """static int vendor_{0}(struct device *dev, void *vma, void *cpu_addr,
		dma_addr_t dma_addr, size_t size, unsigned long attrs)
{{
	{1}
}}

"""


class Foreign(Case):
    def setUp(self):
        super().setUp()
        self.k = small_tree(self.tmp / "k", self.SOURCE)
        self.out = self.tmp / "out"

    SOURCE = "newest"

    def make(self, *args, **env):
        return make("series", f"KDIR={self.k}", f"OUT={self.out}", *args, **env)

    def stops(self, *words):
        self.assert_stops(self.make(), *words)
        self.assertFalse(self.out.exists(), "OUT was created")

    def patches(self):
        """Generate and apply; return (names of patches by part, letter, messages)."""
        chosen = selection.select(tree.Tree(self.k), patch.load())
        done = self.make()
        self.assert_ok(done)
        letter, *files = sorted(self.out.iterdir())
        for p in files:
            git(self.k, "apply", "--whitespace=nowarn", str(p))
        subjects = [" ".join(re.search(r"(?ms)^Subject: \[[^]]*\] (.*?)\n\n", p.read_text())[1]
                             .split()) for p in files]
        parts = {}
        for p in chosen:
            if p.subject in subjects:
                parts.setdefault(p.part, []).append(p.name)
        self.assertEqual(sum(map(len, parts.values())), len(files))
        return parts, letter.read_text(), done.stderr


class Callbacks(Foreign):
    """The code of a callback decides, not its name."""

    def vendor(self, field, body, name):
        edit(self.k / TOUCHED, TABLE, body + TABLE)
        edit(self.k / TOUCHED, f".{field} = dma_common_{field},", f".{field} = {name},")

    def test_page_from_the_cpu_address(self):
        for field, subject in (("mmap", "fix user mappings"), ("get_sgtable", "fix scatterlists")):
            self.k = small_tree(self.tmp / field)
            name = f"xen_swiotlb_dma_{field}"
            self.vendor(field, BY_CPU_ADDRESS.format(field), name)
            self.stops(str(self.k), f"'{TOUCHED}: .{field} = {name},' is in the place of "
                       f"'xen/swiotlb: {subject}", "revert the commit that added it")

    def test_callback_of_another_driver(self):
        edit(self.k / TOUCHED, ".mmap = dma_common_mmap,", ".mmap = iommu_dma_mmap,")
        self.stops(f"'{TOUCHED}: .mmap = iommu_dma_mmap,' is in the place of", "revert")

    def test_hands_over_to_dma_direct(self):
        """Such a tree has the patch. The rules of other patches do not fit its code."""
        for body in ("return dma_direct_mmap(dev, vma, cpu_addr, dma_addr, size, attrs);",
                     "phys_addr_t phys = xen_dma_to_phys(dev, dma_addr);\n\n"
                     "\treturn vendor_map(vma, phys, size);"):
            self.k = small_tree(self.tmp / str(len(body)))
            self.vendor("mmap", BY_DMA_ADDRESS.format("mmap", body), "vendor_mmap")
            t = tree.Tree(self.k)
            with contextlib.redirect_stderr(io.StringIO()):
                missing, (note,) = selection.drop_applied(t, selection.select(t, patch.load()))
            self.assertNotIn("0005-mmap", [p.name for p in missing])
            self.assertEqual(len(missing), 26)
            self.assertEqual(note, "This tree has a patch already, which is left out here:\n"
                             f"0005-mmap\n({TOUCHED}: .mmap = vendor_mmap,)\n")
            self.stops("rule drivers/xen/swiotlb-xen.get_sgtable.c", "0 times, wanted 1")

    def test_backport_with_another_body(self):
        """A backport with another body counts as the patch; the others go on top."""
        self.assert_ok(self.make())
        for p in sorted(self.out.iterdir())[1:5]:
            git(self.k, "apply", str(p))
        hands_over = "\treturn dma_direct_mmap(dev, vma, cpu_addr, dma_addr, size, attrs);"
        edit(self.k / TOUCHED, hands_over,
             "\tif (vma->vm_pgoff)\n\t\treturn -EINVAL;\n" + hands_over)
        parts, letter, messages = self.patches()
        self.assertEqual(len(parts["fixes"]), 5)
        self.assertEqual(parts["fixes"][0], "0006-get_sgtable")
        for name in ("0002-each-page", "0003-wide-flush", "0004-wide-address", "0005-mmap"):
            self.assertIn(f"has a patch already, which is left out here:\n{name}\n(", letter)
            self.assertIn(f"has a patch already, which is left out here: {name} (", messages)
        self.assertIn(f"({TOUCHED}: .mmap = xen_swiotlb_dma_mmap,)", letter)

    def test_comment_is_no_callback(self):
        edit(self.k / TOUCHED, TABLE, "/*\n * .mmap = xen_swiotlb_dma_mmap\n */\n"
             "// .get_sgtable = dma_direct_get_sgtable\n/* .mmap = dma_direct_mmap, */\n" + TABLE)
        self.assertEqual(patches_for(self.k), 27)

    def test_predicate_of_the_same_name(self):
        code = "bool dma_in_dev_coherent(struct device *dev, dma_addr_t addr, size_t size);"
        (self.k / OPS).write_text((self.k / OPS).read_text() + code + "\n")
        self.stops(f"'{OPS}: {code}' is in the place of 'dma-mapping: add dma_in_dev_coherent()'",
                   "revert the commit")

    def test_half_of_a_patch(self):
        """A change of two of the four sites does not count as the patch."""
        text = (self.k / TOUCHED).read_text()
        new, count = re.subn(r"pfn_valid\(PFN_DOWN\((dma_to_phys\(dev, dma_addr\))\)\)",
                             r"memblock_is_map_memory(\1)", text)
        self.assertEqual(count, 2)
        (self.k / TOUCHED).write_text(new)
        self.stops("rule drivers/xen/swiotlb-xen.linear-map.cocci", "found 2 sites, wanted 4")


class Rfc(Foreign):
    """The condition of the RFC, in three forms from its thread or from a vendor."""

    def test_rfc(self):
        condition = r"(if \(pfn_valid\(PFN_DOWN\(dma_to_phys\([^;]*?\)\)\))\)"
        for n, more in enumerate((" && !{0}->dma_mem)", " &&\n\t\t    !({0} && {0}->dma_mem))")):
            self.k = small_tree(self.tmp / str(n))
            path = self.k / TOUCHED
            text, count = re.subn(condition, lambda found: found[1] + more.format("dev"),
                                  path.read_text())
            self.assertEqual(count, 4)
            path.write_text(text)
            self.stops(f"'{TOUCHED}: ", "dma_mem", "is in the place of 'xen/swiotlb: maintain "
                       "caches only", "revert the commit that added it")

    def test_in_a_function_of_its_own(self):
        edit(self.k / TOUCHED, TABLE, "static bool in_pool(struct device *dev)\n{\n"
             "\treturn dev->dma_mem != NULL;\n}\n\n" + TABLE)
        self.stops(f"'{TOUCHED}: return dev->dma_mem != NULL;'", "revert")

    def test_named_in_a_comment(self):
        edit(self.k / TOUCHED, TABLE, "/* not dev->dma_mem, see the thread */\n" + TABLE)
        self.assertEqual(patches_for(self.k), 27)


class Labels(Foreign):
    """The content of a tree selects its fixes; the version of a vendor may mislead."""

    def check(self, source, version, fixes, others=None):
        self.k = release(small_tree(self.tmp / f"{version}-{source}", source), version)
        parts, *_ = self.patches()
        self.assertEqual(len(parts.pop("fixes")), fixes)
        self.assertEqual({part: len(names) for part, names in parts.items()}, others or {})
        return (self.k / TOUCHED).read_text()

    def test_map_phys_of_6_19(self):
        text = self.check("7.2", "6.12.9", 9)
        self.assertEqual(text.count("if (attrs & DMA_ATTR_MMIO)"), 2)

    def test_7_3_content(self):
        self.check("newest", "6.6", 9)

    def test_5_10_content(self):
        self.check("5.10", "5.4", 8)

    def test_next_release(self):
        """The series does not depend on names that queued changes rename."""
        for path, old, new in (("arch/arm/xen/mm.c", "swiotlb_size_or_default", "swiotlb_size"),
                               ("arch/arm/xen/mm.c", "xen_swiotlb_gfp", "swiotlb_gfp"),
                               ("kernel/dma/mapping.c", "dma_opt_mapping_size", "dma_opt_size"),
                               (OPS, "opt_mapping_size", "opt_size"),
                               ("kernel/dma/coherent.c", "kzalloc_obj", "kmalloc_zeroed_obj"),
                               ("kernel/dma/direct.h", "dma_direct_need_sync", "direct_need_sync"),
                               ("kernel/dma/swiotlb.c", "swiotlb_adjust_nareas", "set_nareas")):
            text = (self.k / path).read_text()
            self.assertRegex(text, rf"\b{old}\b", path)
            (self.k / path).write_text(re.sub(rf"\b{old}\b", new, text))
        release(self.k, "7.4")
        parts, *_ = self.patches()
        self.assertEqual({part: len(names) for part, names in parts.items()},
                         {"fixes": 9, "next": 8, "callers": 4, "tests": 3, "speed": 3})


class Surroundings(Foreign):
    """Encoding, line ends, Makefile, repository, and output directory."""

    SOURCE = "6.12"

    def test_crlf(self):
        path = self.k / TOUCHED
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        self.stops(f"{path} has CRLF line ends", "dos2unix")

    def test_bytes_that_are_no_utf_8(self):
        head = b"/* Andr\xe9 \x85 */\n"
        for name in (TOUCHED, "arch/arm/xen/mm.c", "include/linux/dma-direct.h"):
            (self.k / name).write_bytes(head + (self.k / name).read_bytes())
        parts, *_ = self.patches()
        self.assertEqual(len(parts["fixes"]), 7)
        for name in (TOUCHED, "arch/arm/xen/mm.c", "include/linux/dma-direct.h"):
            self.assertTrue((self.k / name).read_bytes().startswith(head), name)

    def base(self, **env):
        self.assert_ok(self.make(**env))
        return re.search(r"(?m)^base.*$", (self.out / "0000-cover-letter.patch").read_text())[0]

    def test_base(self):
        """Name the base despite a comment in the Makefile or variables of another repository."""
        (self.k / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 12 # vendor\nSUBLEVEL = 118\n")
        self.assertEqual(self.base(), "base: Linux 6.12.118, not a git tree")
        git(self.k, "init", "-q")
        self.assertEqual(self.base(), "base: Linux 6.12.118, not a git tree")
        other = repository(small_tree(self.tmp / "other", "6.12"))
        self.assertEqual(self.base(GIT_DIR=other / ".git"), "base: Linux 6.12.118, not a git tree")
        head = git(repository(self.k), "rev-parse", "HEAD").strip()
        self.assertNotEqual(head, git(other, "rev-parse", "HEAD").strip())
        self.assertEqual(self.base(GIT_DIR=other / ".git", GIT_WORK_TREE=other),
                         f"base-commit: {head}")

    def test_patches_of_the_user_in_the_way(self):
        work = repository(small_tree(self.tmp / "work", "6.12"))
        (work / "mine").write_text("mine\n")
        git(work, "add", "-A")
        git(work, "commit", "-qm", "xen/swiotlb: mine")
        git(work, "format-patch", "-q", "--zero-commit", "-o", str(self.out), "-1")
        with self.unwritten(self.out):
            self.assert_stops(self.make(), f"OUT={self.out} has other files in it "
                              "(0001-xen-swiotlb-mine.patch)")

    def test_read_and_not_written(self):
        support.edit(self.k / TOUCHED, "Oh well, have to", "Oh well, we have to")
        with self.unwritten(self.k):
            self.stops("'* Oh well, have to allocate and map a bounce buffer.' is there 0 times")
