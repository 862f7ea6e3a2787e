# SPDX-License-Identifier: GPL-2.0
"""Kernel sources: of Debian, unpacked once, and of directories, with their version."""

import collections.abc
import errno
import functools
import os
import pathlib
import re
import shutil
import stat

from ..util.errors import UserError, log
from ..util.files import require_space, scratch_dir, set_stamp, up_to_date
from ..util.paths import BUILD
from ..util.process import require_programs, run_pipe
from . import debian, gitfacts

# A line of the Makefile in all forms that make accepts: blanks, ":=", a comment.
VERSION = re.compile(rb"^ *(VERSION|PATCHLEVEL|SUBLEVEL)[ \t]*:{0,3}=[ \t]*(\d{1,6})[ \t]*"
                     rb"(?:#.*)?\r?$", re.M)
# In bytes; the longest file of the series, MAINTAINERS, has about 1 MiB.
LONGEST = 1 << 24


class Tree:
    """A kernel source directory. This project never writes to it.

    name    -- as in TREE=, with newest resolved ("7.3"); None for a KDIR
    version -- (major, minor, sub), from its Makefile
    package -- "linux-source-7.3 7.3.4-1", or None if it is not from Debian
    newest  -- whether it is TREE=newest
    """

    def __init__(self, path: str | pathlib.Path, name: str | None = None,
                 package: str | None = None, newest: bool = False) -> None:
        self.path, self.name, self.package = pathlib.Path(path), name, package
        self.newest = newest
        self.version = self._version()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and \
            (self.path, self.package) == (other.path, other.package)

    def __hash__(self) -> int:
        return hash((self.path, self.package))

    def _version(self) -> tuple[int, int, int]:
        try:
            there = self.path.is_dir()
        except OSError as e:
            raise UserError(f"KDIR={self.path}: {e.strerror}; name another directory") from None
        if not there:
            raise UserError(f"KDIR={self.path}: no such directory")
        found = {} if self._lacks("Makefile") else dict(VERSION.findall(self.read("Makefile")))
        if not {b"VERSION", b"PATCHLEVEL"} <= found.keys() or not (self.path / "kernel").is_dir():
            raise UserError(f"KDIR={self.path} is no Linux source: it has no kernel Makefile; "
                            "name the top directory of one")
        major, minor, sub = (int(found.get(k, 0))
                             for k in (b"VERSION", b"PATCHLEVEL", b"SUBLEVEL"))
        return major, minor, sub

    @property
    def release(self) -> str:
        return ".".join(map(str, self.version))

    def _lacks(self, name: str) -> bool:
        """Return whether there is nothing of this name, not even a broken link."""
        try:
            os.lstat(self.path / name)
        except OSError as e:
            return e.errno == errno.ENOENT
        return False

    def has_file(self, name: str | pathlib.PurePath) -> bool:
        """Return whether the tree has a file of this name.

        Stop if there is something else of this name, such as a broken link: without
        this file, the series might lack a patch.
        """
        try:
            mode = os.stat(self.path / name).st_mode
        except OSError as e:
            if e.errno == errno.ENOTDIR or self._lacks(str(name)):
                return False
            raise self._unreadable(name, e.strerror) from None
        if not stat.S_ISREG(mode):
            raise self._unreadable(name, "it is no file")
        return True

    def read(self, name: str | pathlib.PurePath) -> bytes:
        """Return the bytes of a file of the tree; Stop if it cannot be read."""
        try:
            # Reading a FIFO or a device may never end.
            about = os.stat(self.path / name)
            if not stat.S_ISREG(about.st_mode):
                raise self._unreadable(name, "it is no file")
            if about.st_size > LONGEST:
                raise self._unreadable(name, f"it is longer than {LONGEST >> 20} MiB")
            return (self.path / name).read_bytes()
        except OSError as e:
            raise self._unreadable(name, e.strerror) from None

    def _unreadable(self, name: str | pathlib.PurePath, why: str | None) -> UserError:
        return UserError(f"KDIR={self.path}: cannot read {name}: {why}; correct that, or name "
                         "another tree")

    def has(self, name: str, word: str) -> bool:
        """Return whether a file of the tree has a word."""
        return self.has_file(name) and bool(re.search(rb"\b%b\b" % re.escape(word.encode()),
                                                      self.read(name)))

    def reject_crlf(self, names: collections.abc.Iterable[str]) -> None:
        """Stop if a file has CRLF line ends, because the patches have LF."""
        for name in filter(self.has_file, names):
            if b"\r\n" in self.read(name):
                raise UserError(f"{self.path / name} has CRLF line ends; the patches have LF: "
                                f"convert it (e.g. 'dos2unix {self.path / name}') or use a tree "
                                "with LF")

    @functools.cached_property
    def _head(self) -> str | None:
        return gitfacts.head(self.path)

    def head(self) -> str | None:
        """Return the commit id at HEAD.

        Return None if the tree is not the top of a git repository, has no
        commit yet, or has an owner that git does not trust.
        """
        return self._head

    def changed(self, names: collections.abc.Iterable[object]) -> list[str]:
        """Return the names of files that differ from their contents at HEAD."""
        wanted = [str(n) for n in names]
        head = self.head()
        at_head = gitfacts.blobs(self.path, head, wanted) if head else {}
        if at_head is None:
            return wanted
        return [n for n in wanted if self._blob(n) != at_head.get(n)]

    def _blob(self, name: str) -> str | None:
        if not self.has_file(name):
            return None
        return gitfacts.blob_id(self.read(name), self.head() or "")


def resolve(name: str) -> str:
    """Return the name of a tree; 'newest' becomes the newest version in Debian."""
    known = debian.names("tree")
    if name in known and name != "newest":
        return name
    if name == "newest" or re.fullmatch(r"\d+\.\d+", name):
        newest = debian.describe("tree newest")["name"].removeprefix("linux-source-")
        if name in ("newest", newest):
            return newest
    raise UserError(f"TREE={name} is unknown: there are {', '.join(known)}; for any other kernel, "
                    "use KDIR=/path/to/it")


def get(name: str) -> Tree:
    """Return the Tree of a TREE=; download and unpack it once."""
    name = resolve(name)
    section = f"tree {name}" if name in debian.names("tree") else "tree newest"
    about = debian.describe(section)
    package = f"{about['name']} {about['version']}"
    path = BUILD / "src" / name
    done = BUILD / "src" / f"{name}.package"
    if not up_to_date(done, package):
        unpack(debian.fetch(section), about["name"], path)
        set_stamp(done, package)
    return Tree(path, name, package, newest=section == "tree newest")


def unpack(deb: pathlib.Path, package: str, path: pathlib.Path) -> None:
    """Unpack the tarball of a linux-source package; leave nothing after an error."""
    require_programs("dpkg-deb", "tar", "xz")
    require_space(2.5, f"the source of {package}")
    log(f"unpacking {package} (about 15 s)")
    with scratch_dir(BUILD) as tmp:
        done = run_pipe('dpkg-deb --fsys-tarfile "$1" | tar -xO "$2" | xz -dc | tar -x -C "$3"',
                        deb, f"./usr/src/{package}.tar.xz", tmp)
        if done.returncode or not (tmp / package).is_dir():
            lines = done.stderr.strip().splitlines() or [f"it has no directory {package}"]
            raise UserError(f"unpacking {deb.name}: {lines[0]}; run make again")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        os.replace(tmp / package, path)
