# SPDX-License-Identifier: GPL-2.0
"""Helpers for several tests: the front door, small kernel trees, temporary directories."""

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
# Tests that build or boot a kernel: one worker runs all of them.
RIG = pytest.mark.xdist_group("rig")
TOUCHED = "drivers/xen/swiotlb-xen.c"
ALL_TOUCHED = sorted({str(e.target) for p in patch.load() for e in p.edits})
# Files whose content decides which patches a tree gets, and their text.
CONDITION_FILES = sorted({c.name for p in patch.load() for c in (
    *p.wants, *p.done_if, *p.clash_if, *(c for e in p.edits for c, _ in e.conditions))}
    | {c.name for c in rules.have().values()})


def later(stage, minutes=5):
    """Leave a test to make check-all.

    minutes -- its longest duration on 2 cores
    """
    return pytest.mark.later(stage, minutes)


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return env | IDENTITY | {k: str(v) for k, v in more.items()}


def make(*args, root=ROOT, timeout=3600, identity=True, progress=False, **env):
    """Run make at the front door; return the finished process.

    identity -- author patches as a tester; False for those in the user's build/series
    progress -- show standard error at once, and do not keep it
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
    """Return a hash of the names, contents and times below a directory."""
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
    """Copy those files of a pristine tree that the generator reads."""
    source = tree.get(name).path
    for f in sorted({"Makefile", *ALL_TOUCHED, *CONDITION_FILES}):
        if (source / f).is_file():
            (to / f).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / f, to / f)
    return to


def repository(path):
    """Create a repository in a directory, and commit its files."""
    git(path, "init", "-q")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "x")
    return path


def release(k, version):
    """Write another version to the Makefile of a tree."""
    major, minor, *sub = version.split(".")
    (k / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\n"
                                f"SUBLEVEL = {(sub or [9])[0]}\n")
    return k


def patches_for(path):
    """Return the number of patches that a kernel tree lacks."""
    t = tree.Tree(path)
    return len(selection.drop_applied(t, selection.select(t, patch.load()))[0])


def edit(path, old, new, count=1):
    """Replace text in a file; the text must occur count times."""
    text = path.read_text()
    if text.count(old) != count:
        raise AssertionError(f"{path} has {old!r} {text.count(old)} times, not {count}")
    path.write_text(text.replace(old, new))


def copy_project(to):
    """Copy the project's own files, without build/, so that a test may change them."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, text=True, capture_output=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


class Case(unittest.TestCase):
    """A test with a temporary directory that every user may read."""

    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="xen-dma-check-"))
        self.tmp.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)

    def nobody(self, kdir, out=""):
        """Run 'series' from a copy of the project as a user without privileges.

        This user may write to self.tmp/build.
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
        """Check that a program failed with one error line that has these words."""
        self.assertNotEqual(done.returncode, 0, "the program succeeded:\n" + done.stdout)
        lines = [l for l in done.stderr.splitlines() if "xen-dma: error: " in l]
        self.assertEqual(len(lines), 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertNotIn("Traceback", done.stderr)
        # Progress goes to standard error, so standard output is empty after an error.
        self.assertEqual(done.stdout.strip(), "", "a part of the result was printed")

    @contextlib.contextmanager
    def unwritten(self, path):
        """Check that nothing below a directory changes meanwhile."""
        before = fingerprint(path)
        yield
        self.assertEqual(fingerprint(path), before, f"{path} was changed")
