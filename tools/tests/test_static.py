# SPDX-License-Identifier: GPL-2.0
"""checkpatch, W=1 and sparse: no warning that stock does not have."""

import collections
import os
import re
import shutil
import subprocess
from unittest import mock

from xendma import kernel, series, sparse, static, tree
from xendma.common import run

from .support import IDENTITY, TOUCHED, Case, environment


def checkpatch(source, *patches):
    # The tree is Debian's and has no history to look commit ids up in.
    return subprocess.run(
        ["perl", source / "scripts/checkpatch.pl", "--strict", "--no-tree", "--no-summary",
         "--ignore", "UNKNOWN_COMMIT_ID", *patches], text=True, capture_output=True,
        env=environment())


class Checkpatch(Case):
    def patches(self, name):
        t = tree.get(name)
        with mock.patch.dict(os.environ, IDENTITY):
            return t, series.generate(t, self.tmp / "out", signoff=True)[1:]

    def check(self, name):
        t, patches = self.patches(name)
        done = checkpatch(t.path, *patches)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotRegex(done.stdout, r"(WARNING|ERROR|CHECK):")

    def test_newest(self):
        self.check("newest")

    def test_6_12(self):
        self.check("6.12")

    def test_it_would_see_a_fault(self):
        t, patches = self.patches("newest")
        (mmap,) = [p for p in patches if "dma_mmap-callback" in p.name]
        text = mmap.read_text().replace("+\tint ret = -ENXIO;", "+    int ret=-ENXIO;")
        mmap.write_text(text)
        self.assertIn("ERROR:", checkpatch(t.path, mmap).stdout)

    def test_the_tests_too(self):
        """User space has no BIT() and no __printf(), and volatile is its only READ_ONCE()."""
        t = tree.get("newest")
        files = sorted(p for p in kernel.TESTS.rglob("*.[ch]"))
        self.assertGreater(len(files), 5)
        done = subprocess.run(
            ["perl", t.path / "scripts/checkpatch.pl", "--strict", "--no-tree", "--no-summary",
             "--terse", "--show-types", "--ignore",
             "BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE", "-f", *files], text=True,
            capture_output=True)
        self.assertEqual(done.stdout.strip(), "")


def warnings(tree_name, variant=kernel.STOCK, arch=kernel.ARCH, spoil=None):
    """What gcc (W=1) and sparse say of the changed file, without line numbers."""
    t = tree.get(tree_name)
    changed = kernel.contents(t, variant)[0]
    if spoil:
        changed = {TOUCHED: (t.path / TOUCHED).read_bytes() + spoil.encode()}
    work, objects = kernel.prepare(t, changed, arch)
    kernel.make(work, objects, f"preparing Linux {t.release} {arch}", "prepare", arch=arch)
    argv = kernel.make_argv(work, objects, "W=1", "C=2", f"CHECK={sparse.program()}",
                            *static.targets(objects, arch), arch=arch)
    done = subprocess.run(argv, text=True, capture_output=True, env=kernel.environment())
    if done.returncode:
        raise AssertionError(done.stderr)
    found = re.findall(r"^\S*?(\w[\w.-]+\.[ch]):\d+:(?:\d+:)? ((?:warning|error): .*)$",
                       done.stderr, re.M)
    return [f"{name}: {text}" for name, text in found], done.stdout


def functions(tree_name, variant):
    """{function: its instructions} of the changed file on x86, without addresses.

    What gcc inlines where depends on all of the file, and may change with it.
    """
    t = tree.get(tree_name)
    work, objects = kernel.prepare(t, kernel.contents(t, variant)[0], "x86_64")
    (objects / "drivers/xen/swiotlb-xen.o").unlink(missing_ok=True)
    kernel.make(work, objects, f"compiling Linux {t.release} x86_64", "prepare",
                "drivers/xen/swiotlb-xen.o", arch="x86_64")
    listing = run(["x86_64-linux-gnu-objdump", "-dr", "--no-show-raw-insn", "--no-addresses",
                   objects / "drivers/xen/swiotlb-xen.o"], "disassembling")
    found = dict(re.findall(r"^<(\w+)>:\n((?:[ \t].*\n)+)", listing, re.M))
    # Where something lies, in a section or on the stack, is no matter of cost, nor what fills
    # the space before it.
    return {name: collections.Counter(line for line in re.sub(
        r"(\.rodata\S*|\.text\S*|\.data\S*|__\w+|<\w+)[+-]0x[0-9a-f]+|(0x[0-9a-f]+)?\(%rsp\)", r"\1",
        code).splitlines() if not re.match(r"\s*(data16 |cs )*(nop|xchg +%ax,%ax)", line))
        for name, code in found.items()}


class SameOnX86(Case):
    """What the series is not about costs x86 what it did: the same instructions."""

    def different(self, name, variant):
        stock, patched = functions(name, kernel.STOCK), functions(name, variant)
        self.assertGreater(len(stock), 10)
        added = {"xen_swiotlb_dma_mmap", "xen_swiotlb_dma_get_sgtable"}
        self.assertLessEqual(added, set(patched))
        if kernel.has_suite(tree.get(name)):	# visible, and so compiled
            added |= {"xen_swiotlb_can_copy"}
        return {f for f in stock | patched if stock.get(f) != patched.get(f)} - added

    def test_newest(self):
        """Unmapping asks for DMA_ATTR_MMIO first; pfn_valid() is inlined no more."""
        self.assertEqual(self.different("newest", kernel.PATCHED),
                         {"xen_swiotlb_unmap_phys", "pfn_valid", "xen_swiotlb_find_pool",
                          "pfn_to_gfn", "mfn_to_pfn"})

    def test_6_12(self):
        """Nothing; but unmapping a page is inlined into these."""
        self.assertEqual(self.different("6.12", kernel.PATCHED),
                         {"xen_swiotlb_map_sg", "xen_swiotlb_unmap_sg"})

    def test_it_would_see_a_change(self):
        spoilt = kernel.Variant("spoilt", spoil=("return IS_ENABLED(CONFIG_X86) ||",
                                                 "return"))
        self.assertIn("xen_swiotlb_map_page", self.different("6.12", spoilt))


class Module(Case):
    def test_compiles_for_arm(self):
        """Without a warning."""
        t = tree.get("newest")
        work, objects = kernel.prepare(t, {}, "arm")
        kernel.make(work, objects, f"preparing Linux {t.release} arm", "modules_prepare",
                    arch="arm")
        module = self.tmp / "module"
        shutil.copytree(kernel.TESTS / "test_modules", module)
        targets = [p.with_suffix(".o").name for p in sorted(module.glob("*.c"))]
        done = subprocess.run(
            kernel.make_argv(work, objects, "W=1", f"M={module}", *targets, arch="arm"), text=True,
            capture_output=True, env=kernel.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("warning:", done.stderr)


class Build(Case):
    """W=1 and sparse on the changed files, with each patch more.

    make static does it for newest on arm64 (test_checks), and in make check-all for all.
    """

    def check(self, name, arch=kernel.ARCH):
        before, _ = warnings(name, arch=arch)
        for n in range(1, len(kernel.for_tree(tree.get(name))) + 1):
            after, said = warnings(name, kernel.Variant(f"first-{n}", n), arch)
            self.assertIn("CHECK", said, "sparse did not run")
            more = collections.Counter(after) - collections.Counter(before)
            self.assertFalse(more, f"first {n} patches, {len(before)} warnings before")

    def test_what_was_proposed_before_does_not_compile_on_x86(self):
        """dev->dma_mem is only there with CONFIG_DMA_DECLARE_COHERENT."""
        with self.assertRaisesRegex(AssertionError, "no member named .dma_mem."):
            warnings("newest", kernel.RFC, "x86_64")

    def test_6_12(self):
        self.check("6.12")

    def test_newest_arm(self):
        self.check("newest", "arm")

    def test_newest_x86_64(self):
        self.check("newest", "x86_64")

    def test_they_would_see_a_fault(self):
        found, _ = warnings("newest", spoil="int spoilt(void __user *p);\n"
                            "int spoilt(void __user *p)\n{\n\tint unused;\n\n"
                            "\treturn *(int *)p;\n}\n")
        self.assertTrue(any("unused variable" in w for w in found), found)
        self.assertTrue(any("address space" in w for w in found), found)
