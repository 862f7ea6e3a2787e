# SPDX-License-Identifier: GPL-2.0
"""Bad input: one line names the error and the next step; no output is incomplete."""

import os
import shutil
import sys

from . import support
from .support import TOUCHED, Case, edit, make, patches_for, small_tree


class Names(Case):
    def test_unknown_tree(self):
        self.assert_stops(make("series", "TREE=bogus"), "TREE=bogus is unknown", "6.12", "KDIR=")

    def test_unknown_version_of_a_tree(self):
        self.assert_stops(make("series", "TREE=9.9"), "TREE=9.9 is unknown", "newest")

    def test_unknown_xen(self):
        self.assert_stops(make("dom0", "XEN=3.0"), "XEN=3.0 is unknown", "4.20, 4.17, 4.14")

    def test_unknown_variant(self):
        self.assert_stops(make("dom0", "SERIES=7"), "SERIES=7", "0", "1")

    def test_text_that_a_shell_would_run(self):
        for text in ("$(shell touch {0})", "`touch {0}`", "'; touch {0}; '", '"; touch {0}; "'):
            text = text.format(self.tmp / "ran")
            self.assert_stops(make("series", f"TREE={text}"), f"TREE={text} is unknown")
            self.assertFalse((self.tmp / "ran").exists())


class Kdir(Case):
    def setUp(self):
        super().setUp()
        self.out = self.tmp / "out"

    def stops(self, kdir, *words):
        self.assert_stops(make("series", f"KDIR={kdir}", f"OUT={self.out}"), *words)
        self.assertFalse(self.out.exists(), "OUT was created")

    def test_name_with_blanks_and_quotes(self):
        k = small_tree(self.tmp / "it's my $HOME kernel")
        self.assert_ok(make("series", f"KDIR={k}", f"OUT={self.out}"))
        self.assertEqual(len(list(self.out.iterdir())), patches_for(k) + 1)

    def test_environment_is_ignored(self):
        self.assert_ok(make("series", f"OUT={self.out}", KDIR="/nonexistent", TREE="bogus"))

    def test_missing(self):
        self.stops(self.tmp / "none", "no such directory")

    def test_no_kernel(self):
        self.stops(support.ROOT, "is no Linux source")

    def test_empty(self):
        (self.tmp / "k").mkdir()
        self.stops(self.tmp / "k", "is no Linux source")

    def test_without_swiotlb_xen(self):
        k = small_tree(self.tmp / "k")
        (k / TOUCHED).unlink()
        self.stops(k, f"has no {TOUCHED}", "Xen support")

    def test_read_only_is_accepted(self):
        k = small_tree(self.tmp / "k")
        for p in [k, *k.rglob("*")]:
            p.chmod(p.stat().st_mode & ~0o222)
        self.assert_ok(self.nobody(k))
        self.assertTrue((self.tmp / "build/series/k/0000-cover-letter.patch").exists())

    def test_unreadable(self):
        k = small_tree(self.tmp / "k")
        (k / "Makefile").chmod(0)
        self.assert_stops(self.nobody(k), "cannot read Makefile", "Permission denied")


class Out(Case):
    def stops(self, out, *words):
        self.assert_stops(make("series", f"KDIR={small_tree(self.tmp / 'k')}", f"OUT={out}"),
                          *words)

    def test_not_writable(self):
        self.stops("/proc/xen-dma", "OUT=/proc/xen-dma", "cannot write there")

    def test_in_the_kernel_source(self):
        self.stops(self.tmp / "k/patches", "is in the kernel source, which is only read")

    def test_is_a_file(self):
        (self.tmp / "file").write_text("mine\n")
        self.stops(self.tmp / "file", "cannot write there")
        self.assertEqual((self.tmp / "file").read_text(), "mine\n")

    def test_not_ours_to_write(self):
        k = small_tree(self.tmp / "k")
        out = self.tmp / "out"
        out.mkdir(mode=0o555)
        self.assert_stops(self.nobody(k, out), "cannot write there", "Permission denied")

    def test_with_other_files(self):
        for name in ("notes.txt", "0001-my-own-work.patch"):
            out = self.tmp / name.replace(".", "-")
            out.mkdir()
            (out / name).write_text("mine\n")
            with self.unwritten(out):
                self.assert_stops(make("series", "TREE=newest", f"OUT={out}"),
                                  f"has other files in it ({name})", "new directory")


class Rule(Case):
    """A rule must match exactly as often as its patch says."""

    def setUp(self):
        super().setUp()
        self.k = small_tree(self.tmp / "k")

    def stops(self, *words):
        done = make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out")
        self.assert_stops(done, *words)
        self.assertFalse((self.tmp / "out").exists(), "OUT was created")

    def test_code_without_its_anchor(self):
        edit(self.k / TOUCHED, "\t.mmap = dma_common_mmap,\n", "")
        self.stops("rule drivers/xen/swiotlb-xen.get_sgtable.c", f"file {TOUCHED} of {self.k}",
                   "the line 'const struct dma_map_ops xen_swiotlb_dma_ops = {' is there 0 times, "
                   "wanted 1")

    def test_matches_not_at_all(self):
        edit(self.k / "arch/arm/xen/mm.c", "dir == DMA_FROM_DEVICE", "dir == FROM_DEVICE")
        self.stops("rule arch/arm/xen/mm.clean-from-device.cocci", "file arch/arm/xen/mm.c of ",
                   "found 0 sites, wanted 1")

    def test_matches_twice(self):
        text = (self.k / TOUCHED).read_text()
        table = text[text.index("const struct dma_map_ops xen_swiotlb_dma_ops"):]
        with open(self.k / TOUCHED, "a", encoding="ascii") as f:
            f.write("\n" + table)
        self.stops("rule drivers/xen/swiotlb-xen.mmap.cocci", f"file {TOUCHED}",
                   "found 2 sites, wanted 1")

    def test_ed_rule_without_its_anchor(self):
        edit(self.k / "drivers/xen/Kconfig", "config SWIOTLB_XEN\n", "config ITS_SWIOTLB_XEN\n")
        self.stops("rule drivers/xen/Kconfig.kunit.ed", "file drivers/xen/Kconfig",
                   "found no place for the change")

    def test_additional_site(self):
        text = (self.k / TOUCHED).read_text()
        begin = text.index("static void\nxen_swiotlb_sync_single_for_cpu(")
        end = text.index("\n}\n", begin) + 3
        with open(self.k / TOUCHED, "a", encoding="ascii") as f:
            f.write("\n" + text[begin:end].replace("single_for_cpu(struct", "again(struct", 1))
        self.stops("rule drivers/xen/swiotlb-xen.linear-map.cocci", "found 5 sites, wanted 4")

    def test_has_a_patch_already(self):
        """Such a tree gets only the missing patches, and a note names the others."""
        edit(self.k / "arch/arm/xen/mm.c", "handle += cflush.length;", "handle += XEN_PAGE_SIZE;")
        done = make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out")
        self.assert_ok(done)
        self.assertIn("left out here: 0002-each-page (arch/arm/xen/mm.c: handle += XEN_PAGE_SIZE;)",
                      done.stderr)
        self.assertEqual(len(list((self.tmp / "out").iterdir())), 26 + 1)
        letter = (self.tmp / "out/0000-cover-letter.patch").read_text()
        self.assertIn("has a patch already, which is left out here:\n0002-each-page\n(arch/", letter)

    def test_code_that_a_patch_does_not_find(self):
        """The patch is left out, with a note on the terminal and in the letter."""
        edit(self.k / "arch/arm/xen/mm.c", "handle &= XEN_PAGE_MASK;",
             "handle = round_down(handle, XEN_PAGE_SIZE);")
        done = make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out")
        self.assert_ok(done)
        self.assertIn("is left out here: 0003-wide-flush (arch/arm/xen/mm.c has no code like",
                      done.stderr)
        letter = (self.tmp / "out/0000-cover-letter.patch").read_text()
        self.assertIn("A patch for this version is left out here:\n0003-wide-flush\n(arch/", letter)

    def test_patched_tree(self):
        self.assert_ok(make("series", f"KDIR={self.k}", f"OUT={self.tmp}/first"))
        for p in sorted((self.tmp / "first").iterdir())[1:]:
            support.git(self.k, "apply", str(p))
        self.stops("has the series already", "arch/arm/xen/mm.c: handle += XEN_PAGE_SIZE;")


class Identity(Case):
    def test_sign_off_without_identity(self):
        done = make("series", f"KDIR={small_tree(self.tmp / 'k')}", f"OUT={self.tmp}/out",
                    "SIGNOFF=1", GIT_AUTHOR_NAME="", GIT_AUTHOR_EMAIL="",
                    GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
        self.assert_stops(done, "SIGNOFF=1 needs your git identity", "git config --global")


class Tools(Case):
    def test_tool_missing(self):
        bare = self.tmp / "bin"
        bare.mkdir()
        for name in ("python3", "git", "ed"):
            (bare / name).symlink_to(support.program_path(name))
        done = support.subprocess.run(
            [sys.executable, "-m", "xendma", "series"], text=True, capture_output=True,
            env=support.environment(PATH=bare, PYTHONPATH=support.ROOT / "tools",
                                    XENDMA_KDIR=small_tree(self.tmp / "k"),
                                    XENDMA_OUT=self.tmp / "out", PYTHONDONTWRITEBYTECODE="1"))
        self.assert_stops(done, "spatch is not installed", "apt-get install coccinelle")

    def test_package_that_cannot_be_installed(self):
        (self.tmp / "list").write_text("no-such-command no-such-package-anywhere\n")
        done = support.subprocess.run(
            ["sh", support.ROOT / "tools/setup.sh", self.tmp / "list"], text=True,
            capture_output=True, env=support.environment(), stdin=support.subprocess.DEVNULL)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("xen-dma: error: cannot install no-such-package-anywhere", done.stderr) \
            if os.geteuid() == 0 or shutil.which("sudo") else \
            self.assertIn("apt-get install no-such-package-anywhere", done.stderr)
