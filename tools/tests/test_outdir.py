# SPDX-License-Identifier: GPL-2.0
"""The output directory: make series replaces its own files, and keeps all others."""

import os
import pathlib
from unittest import mock

from xendma.util.errors import UserError
from xendma.sources import tree
from xendma.series import outdir

from .support import Case, git, make
from .test_hostile import small

IDS = {"20260101-one", "20260202-two"}
SUBJECTS = ("xen/swiotlb: do one thing", "arm/xen: do another",
            "dma-mapping: have a subject that is too long for one line of a shortlog " + "x" * 20,
            "Documentation: naïve words, in a line that a mail header has to fold somewhere")


class Directory(Case):
    def setUp(self):
        super().setUp()
        self.tree = tree.Tree(small(self.tmp / "k"))
        self.out = self.tmp / "out"

    def format(self, to, *flags, change_id="20260101-one", subjects=SUBJECTS, name="repo"):
        """Write a series to a directory with git, as generate.py does."""
        repo = self.tmp / name
        if not repo.exists():
            repo.mkdir()
            git(repo, "init", "-q")
            git(repo, "commit", "-q", "--allow-empty", "-m", "base")
            for n, subject in enumerate(subjects):
                (repo / "file").write_text(f"{n}\n")
                git(repo, "add", "-A")
                git(repo, "commit", "-qm", subject)
        git(repo, "format-patch", "-q", "--zero-commit", "-o", str(to), *flags, f"-{len(subjects)}")
        for letter in to.glob("*0000-*") if change_id else ():
            letter.write_text(letter.read_text() + f"\nbase: x\nchange-id: {change_id}\n")
        return sorted(to.iterdir())

    def write_ours(self, *flags, **kw):
        return self.format(self.out, "--cover-letter", *flags, **kw)

    def check_accepted(self):
        self.assertEqual(outdir.check_outdir(self.out, self.tree, IDS), self.out)

    def check_refused(self, name):
        with self.unwritten(self.out), \
                self.assertRaisesRegex(UserError, rf"has other files in it \({name}\): name an empty"):
            outdir.check_outdir(self.out, self.tree, IDS)


class Ours(Directory):
    def test_series(self):
        for flags in ((), ("-v2",), ("--thread=shallow", "--to=a@b.invalid"),
                      ("--subject-prefix=PATCH 6.12",), ("--subject-prefix=PATCH net-next",)):
            for p in self.write_ours(*flags):
                self.check_accepted()
            for p in self.out.iterdir():
                p.unlink()

    def test_single_patch(self):
        self.write_ours(subjects=SUBJECTS[:1])
        self.check_accepted()

    def test_each_change_id(self):
        self.write_ours(change_id="20260202-two")
        self.check_accepted()

    def test_copy_of_a_patch(self):
        files = self.write_ours()
        (self.out / "0009-stale.patch").write_bytes(files[1].read_bytes())
        self.check_accepted()

    def test_empty_and_new(self):
        self.check_accepted()
        self.out.mkdir()
        self.check_accepted()

    def test_leftovers(self):
        self.out.mkdir()
        (self.out / ".xendma-0000-cover-letter.patch").write_text("")
        (self.out / ".xendma-0001-x.patch").write_text("half")
        self.check_accepted()


class Foreign(Directory):
    def test_own_patches_of_the_user(self):
        """Only the letter tells our patches from --zero-commit patches of the user."""
        self.format(self.out)
        self.check_refused("0001-xen-swiotlb-do-one-thing.patch")
        self.write_ours(change_id=None)
        self.check_refused("0000-cover-letter.patch")

    def test_letter_of_another_series(self):
        self.write_ours(change_id="20260101-one-more")
        self.check_refused("0000-cover-letter.patch")

    def test_change_id_in_the_middle_of_a_line(self):
        (letter, *_) = self.write_ours(change_id=None)
        letter.write_text(letter.read_text() + "see change-id: 20260101-one\n")
        self.check_refused("0000-cover-letter.patch")

    def test_own_patch_beside_ours(self):
        self.write_ours()
        mine, *_ = self.format(self.tmp / "mine", "--numbered", name="r2",
                               subjects=("xen/swiotlb: do one thing more", *SUBJECTS[1:]))
        self.assertIn("[PATCH 1/4]", mine.read_text())
        self.check_refused(mine.rename(self.out / mine.name).name)

    def test_patch_of_a_series_of_another_length(self):
        self.write_ours()
        self.format(self.tmp / "mine", "--numbered", subjects=SUBJECTS[:1], name="r2")
        (mine,) = (self.tmp / "mine").iterdir()
        mine = mine.rename(self.out / "0009-mine.patch")
        self.check_refused(mine.name)

    def damaged(self, old, new):
        path = self.write_ours()[1]
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))
        self.check_refused(path.name)

    def test_patch_with_a_commit(self):
        self.damaged("From 000000", "From 100000")

    def test_number_beyond_the_count(self):
        self.damaged("[PATCH 1/4]", "[PATCH 5/4]")

    def test_patch_without_a_number(self):
        self.damaged("[PATCH 1/4]", "[PATCH]")

    def test_subject_that_cannot_be_decoded(self):
        self.damaged("xen/swiotlb: do one thing", "=?utf-8?b?a?=")

    def test_other_names_and_kinds(self):
        text = self.write_ours()[1].read_text()
        for name, make_one in (
                ("notes", lambda p: p.write_text(text)), (".hidden", lambda p: p.write_text("")),
                ("0001-d.patch", lambda p: p.mkdir()), ("0001-f.patch", os.mkfifo),
                ("0001-l.patch", lambda p: p.symlink_to(next(self.out.glob("0001-xen*")))),
                (".xendma-notes", lambda p: p.write_text("")),
                (".xendma-0001-l.patch", lambda p: p.symlink_to("/etc/passwd"))):
            path = self.out / name
            make_one(path)
            self.check_refused(name)
            path.rmdir() if name == "0001-d.patch" else path.unlink()
        self.check_accepted()

    def test_loop(self):
        self.out.symlink_to(self.out)
        with self.assertRaisesRegex(UserError, "OUT=.*: cannot write there: Too many levels"):
            outdir.check_outdir(self.out, self.tree, IDS)

    def test_kernel_source_by_another_name(self):
        (self.tmp / "link").symlink_to(self.tmp / "k")
        with self.assertRaisesRegex(UserError, "is in the kernel source"):
            outdir.check_outdir(self.tmp / "link/patches", self.tree, IDS)

    def test_front_door(self):
        """make series replaces its files, but refuses a directory with a patch of the user."""
        args = ("series", f"KDIR={self.tree.path}", f"OUT={self.out}")
        self.assert_ok(make(*args))
        before = {p.name: p.read_bytes() for p in self.out.iterdir()}
        self.assert_ok(make(*args))
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()}, before)
        self.format(self.out)
        with self.unwritten(self.out):
            self.assert_stops(make(*args), "has other files in it (0001-xen-swiotlb-do-one-thing")


class Deliver(Directory):
    def test_interrupted_anywhere(self):
        """The next run accepts the directory, and leaves only its own files."""
        steps = ((pathlib.Path, "unlink"), (os, "replace"), (outdir, "open"))
        longer = self.format(self.tmp / "new", "--cover-letter", "-v2", name="r2",
                             change_id="20260202-two", subjects=(*SUBJECTS, "mm: a fifth"))
        same = self.format(self.tmp / "same", "--cover-letter", name="r3",
                           subjects=SUBJECTS[:3])
        for new in (longer, same):
            for place, name in steps:
                for n in range(2 * len(new) + 1):
                    self.interrupt(place, name, n, new)

    def interrupt(self, place, name, n, new):
        if self.out.exists():
            for p in self.out.iterdir():
                p.unlink()
        self.write_ours()
        real = getattr(place, name, open)
        calls = []

        def stops(*args, **kw):
            calls.append(args)
            if len(calls) > n:
                raise KeyboardInterrupt
            return real(*args, **kw)

        with mock.patch.object(place, name, stops, create=True):
            try:
                outdir.replace_outdir(new, self.out)
            except KeyboardInterrupt:
                pass
        self.check_accepted()
        self.assertEqual([p.name for p in outdir.replace_outdir(new, self.out)], [p.name for p in new])
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), [p.name for p in new])

    def test_file_that_comes_in_between(self):
        new = self.format(self.tmp / "new", "--cover-letter")
        self.write_ours()
        (self.out / "notes").write_text("mine\n")
        outdir.replace_outdir(new, self.out)
        self.assertEqual((self.out / "notes").read_text(), "mine\n")

    def test_link_in_the_way_of_a_temporary_file(self):
        new = self.format(self.tmp / "new", "--cover-letter")
        self.out.mkdir()
        (self.tmp / "precious").write_text("mine\n")
        (self.out / f".xendma-{new[0].name}").symlink_to(self.tmp / "precious")
        outdir.replace_outdir(new, self.out)
        self.assertEqual((self.tmp / "precious").read_text(), "mine\n")
        self.assertEqual((self.out / new[0].name).read_bytes(), new[0].read_bytes())
