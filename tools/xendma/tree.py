# SPDX-License-Identifier: GPL-2.0
"""Kernel sources: Debian's, unpacked once, and what a directory says of itself."""

import os
import pathlib
import re
import shutil
import subprocess

from . import debian
from .common import BUILD, Stop, mark, need, room, say, scratch, up_to_date


class Tree:
    """A kernel source directory. Nothing in this project ever writes to it.

    name    -- as in TREE=, with newest resolved ("7.3"); None for a KDIR
    version -- (major, minor, sub), from its Makefile
    package -- "linux-source-7.3 7.3.4-1", or None if it is not Debian's
    newest  -- it is what TREE=newest stands for
    """

    def __init__(self, path, name=None, package=None, newest=False):
        self.path, self.name, self.package = pathlib.Path(path), name, package
        self.newest = newest
        self.version = self._version()

    def __eq__(self, other):
        return (self.path, self.package) == (other.path, other.package)

    def __hash__(self):
        return hash((self.path, self.package))

    def _version(self):
        if not self.path.is_dir():
            raise Stop(f"KDIR={self.path}: no such directory")
        try:
            text = (self.path / "Makefile").read_text(errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as e:
            raise Stop(f"KDIR={self.path}: cannot read Makefile: {e.strerror}") from None
        found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) = *(\d+) *$", text, re.M))
        if len(found) < 2 or not (self.path / "kernel").is_dir():
            raise Stop(f"KDIR={self.path} is no Linux source: it has no kernel Makefile; name "
                       "the top directory of one")
        return (int(found["VERSION"]), int(found["PATCHLEVEL"]), int(found.get("SUBLEVEL", 0)))

    @property
    def release(self):
        return ".".join(map(str, self.version))

    def has(self, name, word):
        """Whether a file of the tree has a word."""
        path = self.path / name
        return path.is_file() and bool(re.search(rf"\b{re.escape(word)}\b",
                                                 path.read_text(errors="replace")))

    def git(self, *args):
        """Output of git in this tree, or None if that fails."""
        env = dict(os.environ, GIT_OPTIONAL_LOCKS="0")
        done = subprocess.run(["git", "-c", f"safe.directory={self.path.resolve()}", *args],
                              cwd=self.path, env=env, text=True, errors="replace",
                              capture_output=True, stdin=subprocess.DEVNULL)
        return done.stdout.strip() if done.returncode == 0 else None

    def is_git(self):
        top = self.git("rev-parse", "--show-toplevel")
        return bool(top) and pathlib.Path(top) == self.path.resolve()


def resolve(name):
    """The tree's own name: 'newest' becomes the version that Debian has."""
    known = debian.names("tree")
    if name in known and name != "newest":
        return name
    if name == "newest" or re.fullmatch(r"\d+\.\d+", name):
        newest = debian.describe("tree newest")["name"].removeprefix("linux-source-")
        if name in ("newest", newest):
            return newest
    raise Stop(f"TREE={name} is unknown: there are {', '.join(known)}; any other kernel goes by "
               "KDIR=/path/to/it")


def get(name):
    """The Tree of a TREE=, downloaded and unpacked if it is not there yet."""
    name = resolve(name)
    section = f"tree {name}" if name in debian.names("tree") else "tree newest"
    about = debian.describe(section)
    package = f"{about['name']} {about['version']}"
    path = BUILD / "src" / name
    done = BUILD / "src" / f"{name}.package"
    if not up_to_date(done, package):
        unpack(debian.fetch(section), about["name"], path)
        mark(done, package)
    return Tree(path, name, package, newest=section == "tree newest")


def unpack(deb, package, path):
    """Unpack the tarball of a linux-source package; all of it or nothing."""
    need("dpkg-deb", "tar", "xz")
    room(2.5, f"the source of {package}")
    say(f"unpacking {package} (about 15 s)")
    with scratch(BUILD) as tmp:
        tarball = f"./usr/src/{package}.tar.xz"
        pipe = (f"set -o pipefail; dpkg-deb --fsys-tarfile '{deb}' | tar -xO '{tarball}' | "
                f"xz -dc | tar -x -C '{tmp}'")
        done = subprocess.run(["bash", "-c", pipe], stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise Stop(f"unpacking {deb.name}: {lines[0]}; run make again")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        os.replace(tmp / package, path)
