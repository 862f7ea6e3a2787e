# SPDX-License-Identifier: GPL-2.0
"""One place for each attack: a kernel tree, directories, a trap, and the checks.

A case runs make series once. Each check of Ground holds after every case.
"""

import atexit
import contextlib
import functools
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import time
import unicodedata
import zlib

import pytest

from . import support
from .support import ROOT, environment, later, small_tree
from .test_hostile import small

SECRET = "a line from a file outside of the tree"
LONGEST = 1 << 26	# a longer file is not hashed
LIMIT = 150	# seconds, on a busy machine
# Without these, root cannot read a file that has no permission.
CAPABILITIES = "-dac_override,-dac_read_search"
counts = {}	# {name of a table: number of its cases}


def cases(table, rows, sample=60):
    """Return pytest parameters for {id: values}; 1 of sample is for make check."""
    counts[table] = counts.get(table, 0) + len(rows)
    return [pytest.param(*values, id=name, marks=() if zlib.crc32(name.encode()) % sample == 0
                         else later("harden", 1)) for name, values in rows.items()]


@functools.cache
def pristine(source):
    """Return a small kernel tree: "4.9" has a few lines, and others are of Debian."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="xen-dma-check-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return small(home / "k") if source == "4.9" else small_tree(home / "k", source)


@functools.cache
def expected(source, *args):
    """Return {name: bytes} of the series for a pristine tree."""
    with tempfile.TemporaryDirectory(prefix="xen-dma-check-") as tmp:
        ground = Ground(pathlib.Path(tmp), source)
        assert ground.series(*args).returncode == 0
        return contents(ground.out)


def contents(path):
    """Return {name: bytes} of the files in a directory, or None if there is none."""
    try:
        return {p.name: p.read_bytes() for p in path.iterdir()}
    except (OSError, ValueError):
        return None


def fact(path):
    """Return the facts of one file that no attack may change."""
    s = path.lstat()
    facts = [stat.S_IFMT(s.st_mode), stat.S_IMODE(s.st_mode), s.st_size, s.st_mtime_ns, s.st_ino]
    if path.is_symlink():
        facts.append(os.readlink(path))
    elif stat.S_ISREG(s.st_mode) and s.st_size < LONGEST:
        facts.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return tuple(facts)


def snapshot(path):
    """Return {name: facts} of a directory and everything in it."""
    if not os.path.lexists(path):
        return {}
    return {str(p.relative_to(path)): fact(p) for p in (path, *path.rglob("*"))}


def controls(text):
    """Return the characters of a text that change a terminal or forge a line."""
    return [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


class Ground:
    """The place of one case.

    k       -- the kernel tree
    out     -- OUT=
    build   -- XENDMA_BUILD
    scratch -- TMPDIR
    trap    -- a file that exists if something of the tree was executed
    """

    def __init__(self, tmp, source="4.9", project=ROOT):
        self.tmp, self.project = tmp, project
        self.k, self.out, self.build = tmp / "k", tmp / "out", tmp / "build"
        self.scratch, self.trap = tmp / "scratch", tmp / "trap"
        self.scratch.mkdir()
        shutil.copytree(pristine(source), self.k, symlinks=True)

    def argv(self, *args, kdir=None, out=None):
        given = (f"KDIR={kdir or self.k}", f"OUT={out or self.out}")
        return ["make", "-s", "-C", self.project, "series", *(args if "TREE=" in str(args) else
                                                              (given[0], *args)), given[1]]

    def environment(self, **env):
        return environment(XENDMA_BUILD=self.build, TMPDIR=self.scratch, **{"PYTHONUNBUFFERED": ""} | env)

    def series(self, *args, prefix=(), kdir=None, out=None, limit=LIMIT, **env):
        """Run make series; return the finished process, whose time is in its seconds."""
        self.before = snapshot(self.k), contents(self.out)
        started = time.monotonic()
        done = subprocess.run([*prefix, *self.argv(*args, kdir=kdir, out=out)],
                              env=self.environment(**env), text=True, errors="surrogateescape",
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=4 * limit)
        done.seconds, done.limit = time.monotonic() - started, limit
        return done

    def harmless(self, done):
        """Check everything that holds after success and after an error."""
        assert not self.trap.exists(), "something of the tree was executed"
        assert snapshot(self.k) == self.before[0], "the tree was changed"
        assert done.seconds < done.limit, f"took {done.seconds:.0f} s"
        text = done.stdout + done.stderr
        assert "Traceback" not in text and "Exception" not in text, text
        assert SECRET not in text, text
        assert not controls(text), (controls(text), text)
        self.tidy()

    def tidy(self):
        """Check that no temporary file is left."""
        left = [p for p in self.scratch.rglob("*")]
        left += [p for p in self.build.rglob("*") if p.name.startswith(".") and p.name != ".lock"]
        left += [p for p in self.tmp.rglob(".xendma-*")]
        assert not left, f"temporary files are left: {left}"

    def stopped(self, done, *words):
        """Check that one line names the fault, and that OUT is as before."""
        self.harmless(done)
        assert done.returncode != 0, "the command succeeded:\n" + done.stdout
        errors = [l for l in done.stderr.splitlines() if "xen-dma: error: " in l]
        others = [l for l in done.stderr.splitlines() if not l.startswith(("xen-dma: ", "make: "))]
        assert len(errors) == 1 and not others, done.stderr
        for word in words:
            assert word in errors[0], errors[0]
        assert done.stdout == "", "a part of the result was printed: " + done.stdout
        assert contents(self.out) == self.before[1], "OUT was changed"

    def finished(self, done, series, *words):
        """Check that the command wrote the whole series, or stopped and changed nothing."""
        if done.returncode == 0:
            self.completed(done, series)
        else:
            self.stopped(done, *words)

    def completed(self, done, series):
        """Check that OUT has the whole series, and nothing else."""
        self.harmless(done)
        assert done.returncode == 0, done.stderr
        assert contents(self.out) == series, "the series differs"
        for name in series:
            assert name in done.stdout


@contextlib.contextmanager
def place():
    """Return a directory of an own name; remove it afterwards."""
    tmp = pathlib.Path(tempfile.mkdtemp(prefix="xen-dma-check-"))
    tmp.chmod(0o755)
    try:
        yield tmp
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


@pytest.fixture(name="ground")
def ground_of_a_case():
    with place() as tmp:
        yield Ground(tmp)


def with_steps():
    """Return a copy of the project whose Python counts steps, see attack_steps.py."""
    code = (ROOT / "tools/tests/attack_steps.py").read_text()
    return changed_project(("tools/sitecustomize.py", "", code))


@functools.cache
def changed_project(*edits):
    """Return a copy of the project with changes: (file, old text, new text)."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="xen-dma-check-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    support.copy_project(home / "project")
    for name, old, new in edits:
        path = home / "project" / name
        if old:
            support.edit(path, old, new)
        else:
            path.write_text(new)
    return home / "project"
