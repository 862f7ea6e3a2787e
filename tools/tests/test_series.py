# SPDX-License-Identifier: GPL-2.0
"""The generator: its patches apply, repeat to the byte, and change no other file."""

import re
import shutil
import subprocess
import time

from xendma.sources import debian, tree
from xendma.series import generate, patch, selection

from . import support
from .support import ALL_TOUCHED, TOUCHED, Case, git, later, make, patches_for, repository, \
    small_tree

CHANGE_ID = "change-id: " + patch.letter((7, 3))["Change-id"]
# Number of patches for each tree.
SUPPORTED = {"newest": 27, "7.2": 23, "6.12": 7, "6.1": 7, "5.10": 8}


def patches(out):
    return sorted(p for p in out.iterdir() if not p.name.startswith("0000"))


class Apply(Case):
    """git am applies the series to the pristine files of every tree."""

    def check(self, name):
        t = tree.get(name)
        self.assert_ok(make("series", f"TREE={name}", f"OUT={self.tmp}/out"))
        repo = self.tmp / "repo"
        for f in ALL_TOUCHED:
            (repo / f).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(t.path / f, repo / f)
        repository(repo)
        self.assertEqual(len(patches(self.tmp / "out")), SUPPORTED[name])
        for p in patches(self.tmp / "out"):
            done = subprocess.run(["patch", "-p1", "-F0", "--dry-run", "-i", p], cwd=repo,
                                  text=True, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertNotRegex(done.stdout, "offset|fuzz")
            self.assertIn("Applying: ", git(repo, "am", str(p)))
        # The part speed takes the code for ARM out of this file.
        speed = sum(p.part == "speed" for p in selection.patches_for(t))
        text = git(repo, "show", f"HEAD~{speed}:{TOUCHED}")
        self.check_result(repo, (t.path / TOUCHED).read_text(), text)
        if speed:
            self.assertNotIn("arch_sync_dma", (repo / TOUCHED).read_text())

    def check_result(self, repo, stock, text):
        """Compare drivers/xen/swiotlb-xen.c before and after."""
        for name in ("mmap", "get_sgtable"):
            self.assertRegex(text, rf"#ifdef CONFIG_X86\n[^#]*\t\.{name} = dma_common_{name},\n"
                                   rf"[^#]*#else\n[^#]*\t\.{name} = xen_swiotlb_dma_{name},\n"
                                   r"[^#]*#endif\n")
            self.assertEqual(text.count(f"\t.{name} ="), 2)
            # The whole function is for ARM, and calls dma-direct.
            (body,) = re.findall(rf"(?s)^static int xen_swiotlb_dma_{name}\(.*?^}}", text, re.M)
            self.assertIn(f"\treturn dma_direct_{name}(dev, ", body)
            self.assertRegex(text[:text.index(body)], r"(?s)#ifndef CONFIG_X86\n(?!.*#endif)")
            # Before 5.13, the function detects a huge mapping by its lack of a page.
            body = body.replace("vmalloc_to_page(cpu_addr))\n", "")
            self.assertNotRegex(body, "HAVE_|vm_pgoff|vma_start_pgoff|page_to|to_page")
            self.assertIn(f"int dma_direct_{name}(",
                          (repo / "include/linux/dma-direct.h").read_text())
            # In 5.10, the prototype is already in the public header.
            self.assertNotIn(f"int dma_direct_{name}(",
                             (repo / "kernel/dma/direct.h").read_text())
        condition = r"if \(memblock_is_map_memory\(dma_to_phys\(\w+,\s+\w+\)\)\)(?: \{)?\n" \
                    r"\t+arch_sync_dma_for_(?:cpu|device)\(p"
        self.assertEqual(len(re.findall(condition, text)), 4)
        self.assertEqual(text.count("memblock_is_map_memory("), 5)
        self.assertNotIn("pfn_valid(PFN_DOWN(dma_to_phys", text)
        self.assertEqual(text.count("pfn_valid"), stock.count("pfn_valid") - 4 + 1)
        flush = "arch_sync_dma_flush();"
        self.assertEqual(text.count(flush), stock.count(flush))
        self.assertEqual(text.count("if (attrs & DMA_ATTR_MMIO)"),
                         2 * ("DMA_ATTR_MMIO" in stock))

    def test_newest(self):
        self.check("newest")

    def test_7_2(self):
        self.check("7.2")

    def test_6_12(self):
        self.check("6.12")

    def test_6_1(self):
        self.check("6.1")

    def test_5_10(self):
        self.check("5.10")

    def test_all_are_covered(self):
        self.assertEqual(set(debian.names("tree")), set(SUPPORTED))


class Same(Case):
    """Each run writes the same bytes."""

    def read(self, out):
        return {p.name: p.read_bytes() for p in out.iterdir()}

    def test_two_runs_two_directories_two_days(self):
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/one"))
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/one"))
        first = self.read(self.tmp / "one")
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/other/two"))
        self.assertEqual(self.read(self.tmp / "other/two"), first)
        later = subprocess.run(
            ["faketime", "2031-02-03 04:05:06", "make", "-s", "-C", support.ROOT, "series",
             "TREE=newest", f"OUT={self.tmp}/three"], capture_output=True, text=True,
            env=support.environment(TZ="Asia/Tokyo", LANG="C.UTF-8"))
        self.assert_ok(later)
        self.assertEqual(self.read(self.tmp / "three"), first)

    @later("frontdoor")
    def test_warm_all_trees_within_30_s(self):
        for name in SUPPORTED:
            tree.get(name)
        started = time.monotonic()
        for name in SUPPORTED:
            self.assert_ok(make("series", f"TREE={name}", f"OUT={self.tmp}/{name}"))
        self.assertLess(time.monotonic() - started, 30)

    def test_a_shorter_series_replaces_a_longer_one(self):
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/out"))
        first = self.read(self.tmp / "out")
        stale = self.tmp / "out/0003-stale.patch"
        stale.write_bytes(patches(self.tmp / "out")[0].read_bytes())
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/out"))
        self.assertEqual(self.read(self.tmp / "out"), first)


class Letter(Case):
    """Headers, base and sign-off."""

    def series(self, kdir, *args, **env):
        done = make("series", f"KDIR={kdir}", f"OUT={self.tmp}/out", *args, **env)
        self.assert_ok(done)
        return (self.tmp / "out/0000-cover-letter.patch").read_text(), \
            [p.read_text() for p in patches(self.tmp / "out")]

    def test_headers(self):
        k = small_tree(self.tmp / "k")
        cover, each = self.series(k)
        last = patches_for(k)
        self.assertEqual(len(each), last)
        self.assertRegex(cover, rf"(?m)^Subject: \[PATCH 00/{last}\] xen/swiotlb: ")
        for n, text in enumerate(each, 1):
            self.assertRegex(text, r"\AFrom 0{40} Mon Sep 17 00:00:00 2001\n"
                                   r"From: A Tester <tester@check\.invalid>\n"
                                   r"Date: \w{3}, \d+ \w{3} 2026 [\d:]{8} \+0000\n"
                                   rf"Subject: \[PATCH {n:02}/{last}\] [\w/-]+: ")
            for fixes in re.findall(r"(?m)^Fixes:.*$", text):
                self.assertRegex(fixes, r"^Fixes: [0-9a-f]{12} \(\".*\"\)$")

    def test_older_tree_is_named_in_the_subject(self):
        self.assert_ok(make("series", "TREE=6.12", f"OUT={self.tmp}/out"))
        self.assertIn("Subject: [PATCH 6.12 1/7] ", patches(self.tmp / "out")[0].read_text())

    def test_debian_package_is_the_base(self):
        self.assert_ok(make("series", "TREE=6.12", f"OUT={self.tmp}/out"))
        cover = (self.tmp / "out/0000-cover-letter.patch").read_text()
        # All patches for 6.12 are fixes, so the series has the letter of that part.
        change_id = patch.letter((6, 12), "fixes")["Change-id"]
        self.assertNotIn(change_id, CHANGE_ID)
        self.assertRegex(cover, r"\nbase: Debian linux-source-6\.12 6\.12\.\d+-\S+\n"
                                rf"change-id: {change_id}\n\Z")

    def test_base_commit_of_a_git_tree(self):
        k = repository(small_tree(self.tmp / "k"))
        head = git(k, "rev-parse", "HEAD").strip()
        self.assertTrue(self.series(k)[0].endswith(f"\nbase-commit: {head}\n{CHANGE_ID}\n"))
        with open(k / TOUCHED, "a", encoding="ascii") as f:
            f.write("/* not committed */\n")
        cover = self.series(k)[0]
        self.assertNotIn("base-commit", cover)
        self.assertIn("with uncommitted changes", cover)

    def test_tree_without_git_inside_another_repository(self):
        git(self.tmp, "init", "-q")
        self.assertIn("not a git tree", self.series(small_tree(self.tmp / "k"))[0])

    def test_no_sign_off_unless_asked(self):
        k = small_tree(self.tmp / "k")
        for text in self.series(k)[1]:
            self.assertNotRegex(text, r"(?mi)^(signed-off|acked|reviewed|tested)-by:")
        for text in self.series(k, "SIGNOFF=1")[1]:
            self.assertEqual(re.findall(r"(?mi)^\S+-by: .*$", text),
                             ["Signed-off-by: A Tester <tester@check.invalid>"])

    def test_missing_identity_is_one_line(self):
        done = make("series", f"KDIR={small_tree(self.tmp / 'k')}", f"OUT={self.tmp}/out",
                    GIT_AUTHOR_NAME="", GIT_AUTHOR_EMAIL="", GIT_CONFIG_GLOBAL="/dev/null",
                    GIT_CONFIG_SYSTEM="/dev/null", GIT_CONFIG_NOSYSTEM="1")
        self.assert_ok(done)
        self.assertEqual(done.stderr.count("git knows no user.name"), 1)
        self.assertIn("From: unknown author <unknown@author.invalid>",
                      patches(self.tmp / "out")[0].read_text())


class Untouched(Case):
    """make series never changes the user's tree."""

    def check(self, prepare):
        k = small_tree(self.tmp / "k")
        prepare(k)
        with self.unwritten(k):
            self.assert_ok(make("series", f"KDIR={k}", f"OUT={self.tmp}/out"))

    def test_no_git(self):
        self.check(lambda k: None)

    def test_git_clean(self):
        self.check(repository)

    def test_git_dirty(self):
        def dirty(k):
            repository(k)
            (k / "kernel/new.c").write_text("int x;\n")
            with open(k / TOUCHED, "a", encoding="ascii") as f:
                f.write("/* changed */\n")
        self.check(dirty)

    def test_fingerprint_detects_a_touch(self):
        k = small_tree(self.tmp / "k")
        with self.assertRaises(AssertionError), self.unwritten(k):
            (k / TOUCHED).touch()

    def test_pristine_sources(self):
        t = tree.get("newest")
        before = (t.path / TOUCHED).read_bytes()
        generate.generate(t, self.tmp / "out")
        self.assertEqual((t.path / TOUCHED).read_bytes(), before)
        self.assertIn(b".mmap = dma_common_mmap,", before)
