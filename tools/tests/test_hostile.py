# SPDX-License-Identifier: GPL-2.0
"""Trees of strangers: make series executes and changes nothing in them."""

import contextlib
import io
import os
import pty
import re
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from xendma.sources import gitfacts, tree

from .support import TOUCHED, Case, environment, git, make

MM = "arch/arm/xen/mm.c"
# Those files of Linux 4.9 that the generator reads.
FILES = {
    "Makefile": "VERSION = 4\nPATCHLEVEL = 9\nSUBLEVEL = 9\n",
    "kernel/Makefile": "", TOUCHED: "",
    "include/linux/dma-mapping.h": "int mmap(unsigned long attrs);\n",
    MM: """struct dma_map_ops *xen_dma_ops;

static struct dma_map_ops xen_swiotlb_dma_ops = {
	.alloc = xen_swiotlb_alloc_coherent,
	.map_page = xen_swiotlb_map_page,
	.dma_supported = xen_swiotlb_dma_supported,
};
"""}
EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"	# git's id of a tree without files
COMMIT = "git commit -q --allow-empty"
# Each place where a repository can name a program.
# (settings, git command that starts the program)
PLACES = {
    "fsmonitor": ({"core.fsmonitor": "{0}"}, "git status"),
    "watchman": ({"core.fsmonitor": ".git/hooks/fsmonitor-watchman"}, "git status"),
    "clean": ({"filter.x.clean": "{0}"}, f"git hash-object --path={MM} {MM}"),
    "process": ({"filter.x.process": "{0}"}, f"git hash-object --path={MM} {MM}"),
    "smudge": ({"filter.x.smudge": "{0}"}, f"git cat-file --filters HEAD:{MM}"),
    "hooksPath": ({"core.hooksPath": "{1}/hooks"}, "git update-ref refs/x HEAD"),
    "alias": ({"alias.x": "!{0}", "alias.rev-parse": "!{0}", "alias.ls-tree": "!{0}"}, "git x"),
    "pager": ({"core.pager": "{0}"}, "git log"),
    "pager of ls-tree": ({"pager.ls-tree": "{0}", "pager.rev-parse": "{0}"}, "git ls-tree HEAD"),
    "external": ({"diff.external": "{0}"}, f"git diff {EMPTY} HEAD"),
    "diff driver": ({"diff.x.command": "{0}"}, f"git diff {EMPTY} HEAD"),
    "textconv": ({"diff.x.textconv": "{0}"}, f"git diff {EMPTY} HEAD"),
    "difftool": ({"difftool.x.cmd": "{0}"}, f"git difftool -y --tool=x {EMPTY} HEAD"),
    "merge driver": ({"merge.x.driver": "{0}"}, f"echo a >>{MM}; git commit -qam a; "
                     f"git checkout -qb b HEAD~; echo b >>{MM}; git commit -qam b; git merge -"),
    "credential": ({"credential.helper": "{0}"},
                   r"printf 'protocol=https\nhost=x\n\n' | git credential fill"),
    "editor": ({"core.editor": "{0}"}, COMMIT),
    "sequence": ({"sequence.editor": "{0}"}, "git rebase -qi --root"),
    "gpg": ({"gpg.program": "{0}"}, COMMIT + " -S -m x"),
    "gitProxy": ({"core.gitProxy": "{0}"}, "git ls-remote git://localhost/x"),
    "sshCommand": ({"core.sshCommand": "{0}"}, "git ls-remote ssh://localhost/x"),
    "ext": ({"protocol.ext.allow": "always"}, "git ls-remote ext::{0}"),
    "archive": ({"tar.x.command": "{0}"}, "git archive --format=x HEAD"),
    "trailer": ({"trailer.x.command": "{0}"}, "git interpret-trailers --trailer x=y </dev/null"),
    "alternates": ({"core.alternateRefsCommand": "{0}"}, "git rev-list --alternate-refs"),
    "include": ({"include.path": "{1}/included"}, "git status"),
    "includeIf": ({"includeIf.gitdir:/.path": "{1}/included"}, "git status"),
    "worktree": ({"extensions.worktreeConfig": "true"}, "git status"),
}
HOOKS = {
    "post-checkout": "git checkout -q --detach", "pre-commit": COMMIT + " -m x",
    "reference-transaction": "git update-ref refs/x HEAD",
    "post-index-change": "git read-tree HEAD",
}
# git fetches a missing object from the remote; each of these settings starts a program then.
PROMISES = {
    "ssh": {"remote.r.url": "ssh://localhost/x", "core.sshCommand": "{0}"},
    "ssh, allowed": {"remote.r.url": "ssh://localhost/x", "core.sshCommand": "{0}",
                     "protocol.ssh.allow": "always", "protocol.allow": "always"},
    "ext": {"remote.r.url": "ext::{0}", "protocol.ext.allow": "always"},
    "rewritten": {"remote.r.url": "x:", "url.ext::{0}.insteadOf": "x:",
                  "protocol.ext.allow": "always"},
    "vcs": {"remote.r.url": "{0}", "remote.r.vcs": "ext", "protocol.ext.allow": "always"},
    "upload-pack": {"remote.r.url": "{1}/k/.git", "remote.r.uploadpack": "{0}"},
}


def small(to):
    """Write a tree that gets patches, without any kernel source."""
    for name, text in FILES.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_text(text)
    return to


def program(path, commands):
    """Write a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{commands}\n")
    path.chmod(0o755)
    return path


class Hostile(Case):
    """A repository k, and a program that creates a file when it starts."""

    def setUp(self):
        super().setUp()
        self.k = small(self.tmp / "k")
        self.mark = self.tmp / "started"
        self.program = program(self.tmp / "program", f": >'{self.mark}'")
        git(self.k, "init", "-q")
        git(self.k, "add", "-A")
        git(self.k, "commit", "-qm", "x")
        self.head = git(self.k, "rev-parse", "HEAD").strip()

    def plant(self, settings):
        """Write settings, and the files that put them into effect."""
        for key, value in settings.items():
            git(self.k, "config", "--add", *(s.format(self.program, self.tmp)
                                             for s in (key, value)))
        (self.tmp / "included").write_text(f"[core]\n\tfsmonitor = {self.program}\n")
        (self.k / ".git/config.worktree").write_text(f"[core]\n\tfsmonitor = {self.program}\n")
        for hooks in (self.tmp / "hooks", self.k / ".git/hooks"):
            for name in (*HOOKS, "fsmonitor-watchman") if "hooks" in str(settings) else ():
                program(hooks / name, f"'{self.program}'")
        for name in (".gitattributes", ".git/info/attributes"):
            (self.k / name).write_text("* filter=x diff=x merge=x\n")
        if "core.alternateRefsCommand" in settings:
            small(self.tmp / "alternate")
            git(self.tmp / "alternate", "init", "-q")
            (self.k / ".git/objects/info/alternates").write_text(
                f"{self.tmp}/alternate/.git/objects\n")

    def lose(self, revision):
        """Remove an object, as in a partial clone."""
        name = git(self.k, "rev-parse", revision).strip()
        (self.k / ".git/objects" / name[:2] / name[2:]).unlink()

    def starts_program(self, command):
        """Run a command in k on a terminal; return whether it starts the program."""
        near, far = pty.openpty()
        subprocess.run(["sh", "-c", command.format(self.program)], cwd=self.k, stdout=far,
                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=60,
                       env=environment(GIT_CONFIG_GLOBAL="/dev/null", TERM="xterm",
                                       GIT_COMMITTER_NAME="x", GIT_COMMITTER_EMAIL="x@y"))
        os.close(near)
        os.close(far)
        return self.mark.exists()

    def read_facts(self, names=(MM,), **env):
        """Return (head, changed files, lines of messages) of the tree k."""
        messages = io.StringIO()
        with contextlib.redirect_stderr(messages), mock.patch.dict(os.environ, env), \
                self.unwritten(self.k):
            t = tree.Tree(self.k)
            return t.head(), t.changed(names), messages.getvalue().splitlines()


class Planted(Hostile):
    """The generator starts no planted program; another git command starts each."""

    def check(self, command, head, changed=()):
        found = self.read_facts()
        self.assertFalse(self.mark.exists(), "the program was started")
        self.assertEqual(found[:2], (head, list(changed)))
        self.assertTrue(self.starts_program(command),
                        f"the test is useless: {command} starts no program")

    def each(self, places):
        for name, place in places.items():
            with self.subTest(name):
                shutil.rmtree(self.tmp)
                self.setUp()
                yield place

    def test_configuration(self):
        for settings, command in self.each(PLACES):
            self.plant(settings)
            self.check(command, self.head)

    def test_hooks(self):
        for command in self.each(HOOKS):
            self.plant({"x.hooks": "all"})
            self.check(command, self.head)

    def test_promised_tree(self):
        for settings in self.each(PROMISES):
            self.plant(settings | {"remote.r.promisor": "true", "extensions.partialClone": "r"})
            self.lose("HEAD^{tree}")
            self.check("git ls-tree HEAD", self.head, [MM])

    def test_promised_commit(self):
        for settings in self.each(PROMISES):
            self.plant(settings | {"remote.r.promisor": "true", "extensions.partialClone": "r"})
            self.lose("HEAD")
            self.check("git rev-parse HEAD^{{commit}}", None, [MM])

    def test_promise_to_a_git_that_fetches(self):
        """GIT_ALLOW_PROTOCOL alone stops a fetch by git before 2.39.4."""
        older = {k: v for k, v in gitfacts.VARIABLES.items() if k != "GIT_NO_LAZY_FETCH"}
        for settings in self.each(PROMISES):
            self.plant(settings | {"remote.r.promisor": "true", "extensions.partialClone": "r"})
            self.lose("HEAD^{tree}")
            with mock.patch.object(gitfacts, "VARIABLES", older), \
                    contextlib.redirect_stderr(io.StringIO()) as messages:
                self.assertEqual(tree.Tree(self.k).changed([MM]), [MM])
            self.assertIn("not allowed", messages.getvalue())
            self.assertFalse(self.mark.exists(), "the program was started")

    def test_git_of_the_tree_itself(self):
        shutil.copy(self.program, self.k / "git")
        for path in (".", "", "./"):
            self.assertEqual(self.read_facts(PATH=f"{path}:{os.environ['PATH']}")[0], self.head)
            self.assertFalse(self.mark.exists(), "the program was started")
        self.assertTrue(self.starts_program("PATH=.:$PATH; git x"))

    def test_setting_of_the_users_identity(self):
        self.plant({k: v for settings, _ in PLACES.values() for k, v in settings.items()})
        git(self.k, "config", "user.name", "A Name")
        self.assertEqual(gitfacts.config(self.k, "user.name"), "A Name")
        self.assertEqual(gitfacts.config(self.k, "no.such"), "")
        self.assertFalse(self.mark.exists(), "the program was started")


class FrontDoor(Hostile):
    def wrappers(self, log):
        """Return a PATH of programs that log their directory and arguments."""
        for name in ("git", "ed", "spatch", "diff", "cp", "perl", "sh", "python3", "env"):
            real = sys.executable if name == "python3" else shutil.which(name)
            if real:
                program(self.tmp / "bin" / name,
                        f"""printf '%s\\t%s\\n' "$PWD" "{name} $*" >>'{log}'\nexec {real} "$@" """)
        return f"{self.tmp}/bin:{os.environ['PATH']}"

    def test_every_place_at_once(self):
        """Only two rev-parse and one ls-tree run in the tree."""
        for settings, _ in PLACES.values():
            self.plant(settings)
        self.plant({"uploadpack.packObjectsHook": "{0}", "mergetool.x.cmd": "{0}",
                    "x.hooks": "all"})
        log = self.tmp / "log"
        with self.unwritten(self.k):
            done = make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out",
                        PATH=self.wrappers(log))
        self.assert_ok(done)
        self.assertFalse(self.mark.exists(), "the program was started")
        letter = (self.tmp / "out/0000-cover-letter.patch").read_text()
        self.assertIn(f"\nbase-commit: {self.head}\n", letter)
        lines = [l.split("\t", 1) for l in log.read_text().splitlines() if "\t" in l]
        ran = [argv for where, argv in lines if where.startswith(str(self.k))]
        self.assertEqual([re.search(r"rev-parse|ls-tree|$", argv)[0] for argv in ran],
                         ["rev-parse", "rev-parse", "ls-tree"], ran)
        self.assertEqual([argv for _, argv in lines if str(self.k) in argv], [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a tree away")
    def test_tree_of_another_user(self):
        self.plant(PLACES["fsmonitor"][0])
        subprocess.run(["chown", "-R", "65534:65534", self.k], check=True)
        done = make("series", f"KDIR={self.k}", f"OUT={self.tmp}/out", HOME=self.tmp)
        self.assert_ok(done)
        self.assertEqual(done.stderr.count("not used as a git tree: another user owns it"), 1)
        self.assertFalse(self.mark.exists(), "the program was started")
        self.assertIn("not a git tree", (self.tmp / "out/0000-cover-letter.patch").read_text())
