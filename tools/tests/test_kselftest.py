# SPDX-License-Identifier: GPL-2.0
"""The selftest in a kernel tree: built by the tree's own make, without this project."""

import shutil
import subprocess
import unittest

from xendma.util.archs import ARCH, COMPILERS
from xendma.util.files import scratch_dir
from xendma.util.paths import BUILD, TESTS
from xendma.sources import tree
from xendma.rig import build, initramfs
from xendma.rig.variant import STOCK
from xendma.runs import kernels

from . import support

PLACE = "tools/testing/selftests/xen-dma"


class Kselftest(support.Case):
    """Copy the selftest to its path in a tree; it is built like the other selftests."""

    def copied(self, name):
        """Return the path of a tree with the selftest in it; remove it after the test."""
        path = self.enterContext(scratch_dir(BUILD)) / "linux"
        subprocess.run(["cp", "-al", tree.get(name).path, path], check=True)
        # Copy the files of the selftest; the others are links, and must not be written to.
        shutil.copytree(TESTS, path / PLACE)
        return path

    def make(self, path, *args):
        self.assert_ok(support.make("-C", path / "tools/testing/selftests", "TARGETS=xen-dma",
                                    "FORCE_TARGETS=1", *args, root=path))

    def check(self, name):
        """Build for each architecture; run the program of this machine."""
        path = self.copied(name)
        program = path / PLACE / "xen_dma_test"
        for arch in ("arm", ARCH):
            self.make(path, f"ARCH={arch}", f"CROSS_COMPILE={COMPILERS[arch]}")
            self.make(path, "clean")
            self.assertFalse(program.exists())
        self.make(path)
        listed = subprocess.run([program, "-l"], text=True, capture_output=True)
        self.assertEqual(listed.returncode, 4)	# KSFT_SKIP
        for word in ("buffer ", "no_mapping_offset ", "mmap_each_page", "memory ", "last "):
            self.assertIn(word, listed.stderr)
        # Without Xen, the program skips all tests, even those that an option names.
        ran = subprocess.run([program, "-t", "mmap_pfn"], text=True, capture_output=True)
        self.assertEqual(ran.returncode, 4, ran.stdout)
        self.assertIn("1..0 # SKIP no Xen", ran.stdout)

    def test_newest(self):
        self.check("newest")

    def test_6_12(self):
        self.check("6.12")

    @support.RIG
    def test_modules(self):
        """Build the modules for a kernel that has been built; KDIR= names it."""
        newest = tree.get("newest")
        build.build(newest, STOCK, kernels.recipe(newest))
        objects = BUILD / f"obj/{newest.name}-{ARCH}"
        if not (objects / "Module.symvers").is_file():
            self.skipTest("the kernel's objects are gone: make clean, and again")
        path = self.copied("newest")
        self.make(path, f"KDIR={objects}", f"ARCH={ARCH}",
                  f"CROSS_COMPILE={COMPILERS[ARCH]}")
        self.assertTrue((path / PLACE / "test_modules/xen_dma_test.ko").is_file())


class Files(unittest.TestCase):
    def test_names_of_programs_and_modules(self):
        """Git ignores the files that make generates."""
        ignored = (TESTS / ".gitignore").read_text().splitlines()
        makefile = (TESTS / "Makefile").read_text()
        self.assertIn("TEST_GEN_PROGS := xen_dma_test\n", makefile)
        self.assertIn("xen_dma_test", ignored)
        self.assertIn("test_modules/*.ko", ignored)

    def test_helpers_are_all_sources(self):
        """The Makefile names each file of C that the rig compiles."""
        makefile = (TESTS / "Makefile").read_text()
        helpers = makefile.partition("HELPERS := ")[2].partition("\n")[0].split()
        self.assertEqual(sorted([*helpers, "xen_dma_test.c"]),
                         sorted(p.name for p in initramfs.program_sources(ARCH)))
