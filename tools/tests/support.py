# SPDX-License-Identifier: GPL-2.0
"""What several tests need: the front door, small kernel trees, scratch places."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import pytest

from xendma.util.paths import ROOT
from xendma.sources import tree
from xendma.series import patch, rules, selection

IDENTITY = {"GIT_AUTHOR_NAME": "A Tester", "GIT_AUTHOR_EMAIL": "tester@check.invalid"}
# Tests that build or boot a kernel: one process has them all.
RIG = pytest.mark.xdist_group("rig")
TOUCHED = "drivers/xen/swiotlb-xen.c"
ALL_TOUCHED = sorted({str(e.target) for p in patch.load() for e in p.edits})
# Files that decide which patches a tree gets, and how they look.
ALL_ASKED = sorted({c.name for p in patch.load() for c in (
    *p.wants, *p.done_if, *p.clash_if, *(c for e in p.edits for c, _ in e.conditions))}
    | {c.name for c in rules.have().values()})


def later(stage, minutes=5):
    """Mark a test as left to make check-all; minutes -- the most that it takes on 2 cores."""
    return pytest.mark.later(stage, minutes)


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return env | IDENTITY | {k: str(v) for k, v in more.items()}


def make(*args, root=ROOT, timeout=3600, identity=True, progress=False, **env):
    """Run make at the front door; return the finished process.

    identity -- of a tester; not for patches that end in the user's build/series
    progress -- show standard error while it runs, in place of keeping it
    """
    env = environment(**env)
    for name in () if identity else IDENTITY:
        env.pop(name)
    return subprocess.run(["make", "-s", "-C", str(root), *map(str, args)],
                          env=env, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=None if progress else subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=timeout)


def program_path(name):
    """Return where a program is, without the wrappers of other Pythons."""
    return sys.executable if name == "python3" else os.path.realpath(shutil.which(name))


def fingerprint(path):
    """Names, contents and times of everything below a directory."""
    h = hashlib.sha256()
    for p in sorted(path.rglob("*")):
        h.update(f"{p.relative_to(path)} {p.lstat().st_mtime_ns}".encode())
        if p.is_file():
            h.update(p.read_bytes())
    return h.hexdigest()


def git(path, *args, **kw):
    env = environment(GIT_CONFIG_GLOBAL="/dev/null", GIT_COMMITTER_NAME="A Tester",
                      GIT_COMMITTER_EMAIL="tester@check.invalid")
    return subprocess.run(["git", *args], cwd=path, env=env, text=True, check=True,
                          capture_output=True, **kw).stdout


def small_tree(to, name="newest"):
    """The files of a pristine tree that the generator looks at."""
    source = tree.get(name).path
    for f in sorted({"Makefile", *ALL_TOUCHED, *ALL_ASKED}):
        if (source / f).is_file():
            (to / f).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / f, to / f)
    return to


def repository(path):
    """Make the files in a directory the first commit of a repository."""
    git(path, "init", "-q")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "x")
    return path


def release(k, version):
    """Give a tree another version."""
    major, minor, *sub = version.split(".")
    (k / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\n"
                                f"SUBLEVEL = {(sub or [9])[0]}\n")
    return k


def patches_for(path):
    """Return how many patches a kernel tree lacks."""
    t = tree.Tree(path)
    return len(selection.drop_applied(t, selection.select(t, patch.load()))[0])


def edit(path, old, new, count=1):
    """Replace text in a file, which must have it so many times."""
    text = path.read_text()
    if text.count(old) != count:
        raise AssertionError(f"{path} has {old!r} {text.count(old)} times, not {count}")
    path.write_text(text.replace(old, new))


def copy_project(to):
    """The project's own files, without build/: to be changed by a test."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, text=True, capture_output=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


class Case(unittest.TestCase):
    """A test with a directory of its own, readable by everyone."""

    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="xen-dma-check-"))
        self.tmp.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)

    def nobody(self, kdir, out=""):
        """Run 'series' as a user who may not write where root may.

        From a copy of the project, and with self.tmp/build to write to.
        """
        project, build = copy_project(self.tmp / "project"), self.tmp / "build"
        build.mkdir()
        build.chmod(0o777)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] \
            if os.geteuid() == 0 else []
        env = environment(HOME="/nonexistent", PYTHONPATH=project / "tools", XENDMA_BUILD=build,
                          XENDMA_KDIR=kdir, XENDMA_OUT=out, PYTHONDONTWRITEBYTECODE="1")
        return subprocess.run([*drop, sys.executable, "-m", "xendma", "series"], env=env, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def assert_ok(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def assert_stops(self, done, *words):
        """It ended with one line for people that has these words."""
        self.assertNotEqual(done.returncode, 0, "it succeeded:\n" + done.stdout)
        lines = [l for l in done.stderr.splitlines() if "xen-dma: error: " in l]
        self.assertEqual(len(lines), 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertNotIn("Traceback", done.stderr)
        # Nothing but progress, and what make and apt say of themselves.
        self.assertEqual(done.stdout.strip(), "", "half of a result")

    @contextlib.contextmanager
    def unwritten(self, path):
        before = fingerprint(path)
        yield
        self.assertEqual(fingerprint(path), before, f"{path} was written to")
