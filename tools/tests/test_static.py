# SPDX-License-Identifier: GPL-2.0
"""checkpatch, W=1 and sparse: the series adds no warning to those of stock."""

import collections
import os
import pathlib
import re
import shutil
import subprocess
from unittest import mock

from xendma.util.archs import ARCH
from xendma.util.paths import TESTS
from xendma.util.process import run_program
from xendma.sources import sparse, tree
from xendma.series import generate
from xendma.rig import build
from xendma.rig.variant import PATCHED, STOCK, WITHOUT_SPEED, Variant, patched_sources
from xendma.runs import kernels, static
from xendma.runs.rfc import RFC

from .support import IDENTITY, TOUCHED, Case, edit, environment, later


def checkpatch(source, *patches):
    # The tree of Debian has no history, so checkpatch knows no commit ids.
    return subprocess.run(
        ["perl", source / "scripts/checkpatch.pl", "--strict", "--no-tree", "--no-summary",
         "--ignore", "UNKNOWN_COMMIT_ID", *patches], text=True, capture_output=True,
        env=environment())


class Checkpatch(Case):
    def patches(self, name):
        t = tree.get(name)
        with mock.patch.dict(os.environ, IDENTITY):
            return t, generate.generate(t, self.tmp / "out", signoff=True)[1:]

    def check(self, name):
        t, patches = self.patches(name)
        done = checkpatch(t.path, *patches)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotRegex(done.stdout, r"(WARNING|ERROR|CHECK):")

    def test_newest(self):
        self.check("newest")

    def test_6_12(self):
        self.check("6.12")

    def test_checkpatch_detects_a_fault(self):
        t, patches = self.patches("newest")
        (mmap,) = [p for p in patches if "user-mappings" in p.name]
        edit(mmap, "+\treturn dma_direct_mmap(dev, vma,", "+    return dma_direct_mmap(dev,vma,")
        self.assertIn("ERROR:", checkpatch(t.path, mmap).stdout)

    def test_selftests(self):
        """Ignore checks that do not fit user space or a module for many versions."""
        t = tree.get("newest")
        files = sorted(p for p in TESTS.rglob("*.[ch]"))
        self.assertGreater(len(files), 5)
        done = subprocess.run(
            ["perl", t.path / "scripts/checkpatch.pl", "--strict", "--no-tree", "--no-summary",
             "--terse", "--show-types", "--ignore",
             "BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE,LINUX_VERSION_CODE,"
             "CONSTANT_COMPARISON", "-f", *files], text=True, capture_output=True)
        self.assertEqual(done.stdout.strip(), "")


def build_warnings(work, objects, arch):
    """Return the warnings of gcc (W=1) and sparse for the changed files, without line numbers."""
    build.make(work, objects, f"preparing {objects.name}", "prepare", arch=arch)
    argv = build.make_argv(work, objects, "W=1", "C=2", f"CHECK={sparse.program()}",
                            *static.targets(objects, arch), arch=arch)
    done = subprocess.run(argv, text=True, capture_output=True, env=build.environment())
    if done.returncode:
        raise AssertionError(done.stderr)
    if "CHECK" not in done.stdout:
        raise AssertionError("sparse did not run")
    found = re.findall(r"^\S*?(\w[\w.-]+\.[ch]):\d+:(?:\d+:)? ((?:warning|error): .*)$",
                       done.stderr, re.M)
    return [f"{name}: {text}" for name, text in found]


def functions(tree_name, variant):
    """Return {function: its instructions} of swiotlb-xen.c on x86, without addresses.

    gcc decides on inlining by the whole file, so a change may move instructions.
    """
    t = tree.get(tree_name)
    work, objects = build.prepare(t, patched_sources(t, variant)[0], kernels.recipe(t, "x86_64"))
    (objects / "drivers/xen/swiotlb-xen.o").unlink(missing_ok=True)
    build.make(work, objects, f"compiling Linux {t.release} x86_64", "prepare",
                "drivers/xen/swiotlb-xen.o", arch="x86_64")
    listing = run_program(["x86_64-linux-gnu-objdump", "-dr", "--no-show-raw-insn", "--no-addresses",
                   objects / "drivers/xen/swiotlb-xen.o"], "disassembling")
    found = dict(re.findall(r"^<(\w+)>:\n((?:[ \t].*\n)+)", listing, re.M))
    # Ignore offsets in sections and on the stack, and padding, because they cost nothing.
    return {name: collections.Counter(line for line in re.sub(
        r"(\.rodata\S*|\.text\S*|\.data\S*|__\w+|<\w+)[+-]0x[0-9a-f]+|(0x[0-9a-f]+)?\(%rsp\)", r"\1",
        code).splitlines() if not re.match(r"\s*(data16 |cs )*(nop|xchg +%ax,%ax)", line))
        for name, code in found.items()}


@later("static", 12)
class SameOnX86(Case):
    """x86 keeps its instructions, except in functions with a fault on x86, too."""

    def different(self, name, variant):
        """Return (functions that differ, functions that stock does not have)."""
        stock, patched = functions(name, STOCK), functions(name, variant)
        self.assertGreater(len(stock), 10)
        return ({f for f in stock | patched if stock.get(f) != patched.get(f)},
                set(patched) - set(stock))

    def test_newest(self):
        """Only map and unmap differ: they had faults with attributes and MMIO offsets."""
        self.assertEqual(self.different("newest", PATCHED),
                         ({"xen_swiotlb_map_phys", "xen_swiotlb_unmap_phys"}, set()))

    def test_speed(self):
        """The part speed takes the code for ARM out of the file, and changes nothing else."""
        self.assertEqual(functions("newest", PATCHED), functions("newest", WITHOUT_SPEED))

    def test_6_12(self):
        self.assertEqual(self.different("6.12", PATCHED), (set(), set()))

    def test_detects_a_change(self):
        spoilt = Variant("spoilt", spoil=("if (!IS_ENABLED(CONFIG_X86) &&", "if (dev &&"))
        self.assertIn("xen_swiotlb_map_page", self.different("6.12", spoilt)[0])


@later("static")
class Module(Case):
    def test_compiles_for_arm(self):
        """The modules compile without a warning."""
        t = tree.get("newest")
        work, objects = build.prepare(t, {}, kernels.recipe(t, "arm"))
        build.make(work, objects, f"preparing Linux {t.release} arm", "modules_prepare",
                    arch="arm")
        module = self.tmp / "module"
        shutil.copytree(TESTS / "test_modules", module)
        targets = [p.with_suffix(".o").name for p in sorted(module.glob("*.c"))]
        done = subprocess.run(
            build.make_argv(work, objects, "W=1", f"M={module}", *targets, arch="arm"), text=True,
            capture_output=True, env=build.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("warning:", done.stderr)


@later("static", 15)
class Build(Case):
    """W=1 and sparse on the changed files, after each patch that changes compiled code.

    make static does this for every kernel in make check-all.
    """

    def check(self, name, arch=ARCH):
        before = None
        files = [pathlib.PurePath(f).name for f in patched_sources(tree.get(name), PATCHED)[0]]
        for n, work, objects in static.prefixes(tree.get(name), arch):
            after = collections.Counter(build_warnings(work, objects, arch))
            before = after if before is None else before
            self.assertFalse(static.new_findings(before, after, files),
                             f"first {n} patches, {before.total()} before")

    def warnings_of(self, changed, arch=ARCH):
        newest = tree.get("newest")
        work, objects = build.prepare(newest, changed, kernels.recipe(newest, arch))
        return build_warnings(work, objects, arch)

    def test_proposal_before_does_not_compile_on_x86(self):
        """dev->dma_mem needs CONFIG_DMA_DECLARE_COHERENT."""
        with self.assertRaisesRegex(AssertionError, "no member named .dma_mem."):
            self.warnings_of(patched_sources(tree.get("newest"), RFC)[0], "x86_64")

    def test_6_12(self):
        self.check("6.12")

    def test_newest(self):
        self.check("newest")

    def test_newest_arm(self):
        self.check("newest", "arm")

    def test_newest_x86_64(self):
        self.check("newest", "x86_64")

    def test_gcc_and_sparse_detect_a_fault(self):
        stock = (tree.get("newest").path / TOUCHED).read_text()
        found = self.warnings_of({TOUCHED: f"""{stock}
int spoilt(void __user *p);
int spoilt(void __user *p)
{{
	int unused;

	return *(int *)p;
}}
""".encode()})
        self.assertTrue(any("unused variable" in w for w in found), found)
        self.assertTrue(any("address space" in w for w in found), found)
