# SPDX-License-Identifier: GPL-2.0
"""Facts that the generator reads from a tree: version, text, commit."""

import os
import shutil
from unittest import mock

from xendma.util.errors import UserError
from xendma.sources import gitfacts, tree

from .support import TOUCHED, Case, git, make
from .test_hostile import MM, Hostile, small


class Facts(Hostile):
    """The generator reports the commit of this tree, and no other commit."""

    def other_repository(self):
        small(self.tmp / "other")
        git(self.tmp / "other", "init", "-q")
        git(self.tmp / "other", "add", "-A")
        git(self.tmp / "other", "commit", "-qm", "another")
        return self.tmp / "other"

    def test_exported_variables(self):
        other = self.other_repository()
        for name, value in {
                "GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_CEILING_DIRECTORIES": "/",
                "GIT_OBJECT_DIRECTORY": other / ".git/objects", "GIT_NAMESPACE": "x",
                "GIT_INDEX_FILE": "/dev/null", "GIT_COMMON_DIR": other / ".git",
                "GIT_TRACE": self.tmp / "trace"}.items():
            self.assertEqual(self.read_facts(**{name: str(value)}), (self.head, [], []), name)
        self.assertEqual(self.read_facts(GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(self.k))[0],
                         self.head)
        counted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.worktree"}
        self.assertEqual(self.read_facts(**counted, GIT_CONFIG_VALUE_0=str(other))[0], self.head)
        self.assertFalse((self.tmp / "trace").exists())

    def test_changed(self):
        (self.k / MM).write_text("int changed;\n")
        (self.k / TOUCHED).unlink()
        (self.k / "new").write_text("")
        names = (MM, TOUCHED, "new", "Makefile", "in/neither")
        self.assertEqual(self.read_facts(names)[1], [MM, TOUCHED, "new"])

    def test_name_with_blanks_and_bytes(self):
        k = self.tmp / os.fsdecode(b"a k\xff \n")
        self.k.rename(k)
        self.k = k
        self.assertEqual(self.read_facts()[:2], (self.head, []))

    def test_no_commit_yet(self):
        shutil.rmtree(self.k / ".git")
        git(self.k, "init", "-q")
        self.assertEqual(self.read_facts(), (None, [MM], []))

    def test_inside_another_repository(self):
        self.k = small(self.k / "inside")
        self.assertEqual(self.read_facts(), (None, [MM], []))
        (self.k / ".git").mkdir()
        head, _, messages = self.read_facts()
        self.assertIsNone(head)
        self.assertIn("not a git repository", messages[0])

    def test_worktree(self):
        git(self.k, "worktree", "add", "-q", self.tmp / "second")
        self.k = self.tmp / "second"
        self.assertEqual(self.read_facts(), (self.head, [], []))

    def test_by_a_symbolic_link(self):
        (self.tmp / "link").symlink_to(self.k)
        self.assertEqual(tree.Tree(self.tmp / "link").head(), self.head)

    def test_work_tree_that_is_elsewhere(self):
        git(self.k, "config", "core.worktree", self.other_repository())
        self.assertEqual(self.read_facts(), (None, [MM], []))

    def test_repository_of_another_tree(self):
        git(self.other_repository(), "config", "core.worktree", self.tmp / "other")
        shutil.rmtree(self.k / ".git")
        (self.k / ".git").write_text(f"gitdir: {self.tmp}/other/.git\n")
        self.assertEqual(self.read_facts(), (None, [MM], []))

    def test_replaced_commit(self):
        (self.k / MM).write_text("int changed;\n")
        git(self.k, "commit", "-qam", "y")
        git(self.k, "replace", "HEAD", self.head)
        self.assertEqual(self.read_facts()[1], [])

    def test_sha256(self):
        shutil.rmtree(self.k / ".git")
        git(self.k, "init", "-q", "--object-format=sha256")
        git(self.k, "add", "-A")
        git(self.k, "commit", "-qm", "x")
        head, changed, _ = self.read_facts()
        self.assertEqual((len(head), changed), (64, []))

    def test_damaged_repository(self):
        (self.k / ".git/HEAD").write_text("nothing\n")
        head, _, messages = self.read_facts()
        self.assertIsNone(head)
        self.assertEqual(len(messages), 1)
        self.assertIn("not used as a git tree: not a git repository", messages[0])

    def test_repository_that_keeps_git_waiting(self):
        (self.k / ".git/config").unlink()
        os.mkfifo(self.k / ".git/config")
        with mock.patch.object(gitfacts, "PATIENCE", 1):
            head, _, messages = self.read_facts()
        self.assertIsNone(head)
        self.assertIn("no answer from git within 1 s", messages[0])


class Makefile(Case):
    """Read the version as make does, or refuse the tree in one line."""

    def version(self, text):
        k = small(self.tmp / "k")
        (k / "Makefile").write_bytes(text)
        return tree.Tree(k).version

    def test_forms(self):
        for text in (b"VERSION = 6\nPATCHLEVEL = 12 # vendor\nSUBLEVEL = 1\n",
                     b"VERSION=6\nPATCHLEVEL=12\nSUBLEVEL=1",
                     b"VERSION := 6\nPATCHLEVEL ::= 12\nSUBLEVEL\t=\t1\t\n",
                     b"VERSION =\t6#x\nPATCHLEVEL = 12  \nSUBLEVEL = 1\t# \xe9t\xe9\n",
                     b"VERSION = 6\r\nPATCHLEVEL = 12\r\nSUBLEVEL = 1 # x\r\n",
                     b"# \xff\xfe\n  VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n"):
            self.assertEqual(self.version(text), (6, 12, 1), text)
        self.assertEqual(self.version(b"VERSION = 6\nPATCHLEVEL = 12\n"), (6, 12, 0))

    def test_no_version(self):
        for text in (b"", b"\0" * 100, b"VERSION = 6\n", b"VERSION = 6\nPATCHLEVEL = x\n",
                     b"VERSION = 6\nPATCHLEVEL = 12 13\n", b"XVERSION = 6\nPATCHLEVEL = 12\n",
                     b"VERSION = " + b"9" * 5000 + b"\nPATCHLEVEL = 1\n",
                     "VERSION = 6\nPATCHLEVEL = 12\n".encode("utf-16")):
            with self.assertRaisesRegex(UserError, "is no Linux source: it has no kernel Makefile"):
                self.version(text)

    def stops(self, why):
        with self.assertRaisesRegex(UserError, f"KDIR=.*: cannot read Makefile: {why}; correct that"):
            tree.Tree(self.tmp / "k")

    def test_no_file(self):
        k = small(self.tmp / "k")
        (k / "Makefile").unlink()
        for make_one, why in (
                (lambda p: p.mkdir(), "it is no file"), (os.mkfifo, "it is no file"),
                (lambda p: p.symlink_to("/dev/zero"), "it is no file"),
                (lambda p: p.symlink_to(p), "Too many levels of symbolic links"),
                (lambda p: p.symlink_to("none"), "No such file or directory")):
            make_one(k / "Makefile")
            self.stops(why)
            os.rmdir(k / "Makefile") if (k / "Makefile").is_dir() else (k / "Makefile").unlink()

    def test_directory_that_is_a_loop(self):
        (self.tmp / "loop").symlink_to(self.tmp / "loop")
        with self.assertRaisesRegex(UserError, "no such directory"):
            tree.Tree(self.tmp / "loop")

    def test_directory_that_cannot_be_entered(self):
        small(self.tmp / "k").chmod(0)
        self.assert_stops(self.nobody(self.tmp / "k"), "cannot read Makefile: Permission denied")

    def test_file_that_cannot_be_read(self):
        k = small(self.tmp / "k")
        (k / "include/linux/dma-mapping.h").chmod(0)
        self.assert_stops(self.nobody(k), "Permission denied")


class Bytes(Case):
    """Files of a tree may have any encoding, but lines must end with LF."""

    def setUp(self):
        super().setUp()
        self.k = small(self.tmp / "k")

    def write(self, name, data):
        (self.k / name).write_bytes(data)
        return tree.Tree(self.k)

    def test_word_in_a_file_of_any_encoding(self):
        t = self.write(MM, b"/* Andr\xe9 */ int word;\xff")
        self.assertTrue(t.has(MM, "word"))
        self.assertFalse(t.has(MM, "wor"))
        self.assertFalse(t.has("none", "word"))
        self.assertEqual(t.read(MM), b"/* Andr\xe9 */ int word;\xff")

    def test_no_file_to_search(self):
        """Nothing of this name has no word; something else than a file is an error."""
        (self.k / "loop").symlink_to(self.k / "loop")
        os.mkfifo(self.k / "fifo")
        t = tree.Tree(self.k)
        for name in ("none", "Makefile/x"):
            self.assertFalse(t.has(name, "word"), name)
        for name in ("loop", "fifo", "kernel"):
            with self.assertRaisesRegex(UserError, f"cannot read {name}: "):
                t.has(name, "word")
        for name in ("none", "Makefile/x", "loop", "fifo", "kernel"):
            with self.assertRaisesRegex(UserError, f"cannot read {name}: "):
                t.read(name)

    def test_long_file(self):
        os.truncate(self.k / MM, tree.LONGEST + 1)
        with self.assertRaisesRegex(UserError, f"cannot read {MM}: it is longer than 16 MiB"):
            tree.Tree(self.k).has(MM, "word")

    def test_directory_that_cannot_be_searched(self):
        t = tree.Tree(self.k)
        with mock.patch.object(os, "stat", side_effect=PermissionError(13, "Permission denied")), \
                self.assertRaisesRegex(UserError, f"cannot read {MM}: Permission denied"):
            t.has(MM, "word")

    def test_crlf(self):
        t = self.write(MM, b"int a;\r\nint b;\n")
        t.reject_crlf([TOUCHED, "none"])
        with self.assertRaisesRegex(UserError, f"{MM} has CRLF line ends; .* 'dos2unix /.*{MM}'"):
            t.reject_crlf([TOUCHED, MM])
        done = make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out")
        self.assert_stops(done, f"{MM} has CRLF line ends")

    def test_latin_1_goes_through(self):
        self.write(MM, b"/* Andr\xe9 */\n" + (self.k / MM).read_bytes())
        self.assert_ok(make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out"))
        for p in sorted((self.tmp / "out").iterdir())[1:]:
            git(self.k, "apply", str(p))
        self.assertIn(b"Andr\xe9", (self.k / MM).read_bytes())
