# SPDX-License-Identifier: GPL-2.0
"""Each file that the generator reads, replaced by something hostile."""

import os
import shutil
import socket

import pytest

from .attack import CAPABILITIES, SECRET, cases, expected, ground_of_a_case
from .support import ALL_TOUCHED, TOUCHED
from .test_hostile import FILES, MM

__all__ = ["ground_of_a_case"]
FEATURES = ("kernel/dma/direct.c", "kernel/dma/ops_helpers.c", "mm/vmalloc.c")
READ = sorted({"Makefile", *FILES, *ALL_TOUCHED, *FEATURES} - {"kernel/Makefile"})
WITHOUT = () if os.geteuid() else ("setpriv", f"--bounding-set={CAPABILITIES}",
                                   f"--inh-caps={CAPABILITIES}")


def make_socket(path):
    fd = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as s:	# the whole path may be too long
        s.bind(f"/proc/self/fd/{fd}/{path.name}")
    os.close(fd)


def make_device(path):
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this user cannot create a device")


def make_unreadable(path):
    path.write_text("text\n")
    path.chmod(0)


def make_huge(path):
    path.touch()
    os.truncate(path, 1 << 30)


# None of these is a file to read.
NO_FILE = {
    "directory": lambda p: p.mkdir(), "fifo": os.mkfifo, "socket": make_socket,
    "device": make_device, "zero": lambda p: p.symlink_to("/dev/zero"),
    "loop": lambda p: p.symlink_to(p.name), "dangling": lambda p: p.symlink_to("no/such/file"),
    "unreadable": make_unreadable, "huge": make_huge,
}


def outside(ground, text):
    """Return a file outside of the tree."""
    path = ground.tmp / "outside"
    path.write_bytes(text)
    return path


# (bytes before, bytes after) of the content
CONTENT = {
    "nul": (b"", b"/* \0 */\n"), "latin-1": (b"/* Andr\xe9 \x85 */\n", b""),
    "not utf-8": (b"", b"/* \xff\xfe\xc0\x80 */\n"), "escape": (b"", b"/* \x1b[2J\x07\x9b */\n"),
    "long line": (b"", b"/* " + b"x" * (4 << 20) + b" */\n"),
    "many lines": (b"", b"\n" * 30000), "no end of line": (b"", b"/* the end */"),
    "form feeds": (b"", b"/* \f\v\x1c\x1d\x1e \xc2\x85 */\n"),
    "open comment": (b"", b"/* no end\n"), "open string": (b"", b"#if 0\n\"no end\n#endif\n"),
    "bidi": (b"", "/* \u202e\u2066 */\n".encode()),
}


class TestNoFile:
    @pytest.mark.parametrize("name, kind", cases(
        "no file", {f"{kind} for {name}": (name, kind) for kind in NO_FILE for name in READ}, 90))
    def test_stops(self, ground, name, kind):
        """The error names the file, also if the tree did not need to have it."""
        path = ground.k / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        NO_FILE[kind](path)
        ground.stopped(ground.series(prefix=WITHOUT), str(ground.k), name)


class TestDirectory:
    """A directory of the tree is something else."""

    KINDS = {"file": lambda p: p.write_text(""), "fifo": os.mkfifo,
             "dangling": NO_FILE["dangling"], "loop": NO_FILE["loop"],
             "empty": lambda p: p.mkdir()}

    @pytest.mark.parametrize("name, kind", cases(
        "directory", {f"{kind} for {name}/": (name, kind) for kind in KINDS
                      for name in ("kernel", "arch", "arch/arm/xen", "drivers/xen")
                      if (name, kind) != ("kernel", "empty")}))
    def test_stops(self, ground, name, kind):
        shutil.rmtree(ground.k / name)
        self.KINDS[kind](ground.k / name)
        ground.stopped(ground.series(), str(ground.k))


class TestLink:
    """A file or a directory is a link out of the tree."""

    @pytest.mark.parametrize("name", cases(
        "link", {f"link for {name}": (name,) for name in (*FILES, "arch", "include", "kernel")}))
    def test_same_content(self, ground, name):
        """A tree of links gets the same series, and its targets stay as they are."""
        (ground.k / name).rename(ground.tmp / "outside")
        (ground.k / name).symlink_to(ground.tmp / "outside")
        done = ground.series()
        ground.completed(done, expected("4.9"))

    @pytest.mark.parametrize("name", cases(
        "link to a secret", {f"secret for {name}": (name,) for name in READ}))
    def test_secret(self, ground, name):
        """Nothing of a file outside gets into a message or a patch, and nothing goes into it."""
        path = ground.k / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        target = outside(ground, f"{SECRET}\n".encode() * 50)
        path.symlink_to(target)
        done = ground.series()
        if name in ("Makefile", MM):
            ground.stopped(done, str(ground.k))
        else:
            ground.completed(done, expected("4.9"))
            assert not any(SECRET.encode() in p.read_bytes() for p in ground.out.iterdir())
        assert target.read_text() == f"{SECRET}\n" * 50


class TestContent:
    @pytest.mark.parametrize("name, kind", cases(
        "content", {f"{kind} in {name}": (name, kind) for kind in CONTENT
                    for name in ("Makefile", TOUCHED, MM, "include/linux/dma-mapping.h")}))
    def test_same_series(self, ground, name, kind):
        """The content around the code does not matter, as far as patches have no context of it."""
        before, after = CONTENT[kind]
        path = ground.k / name
        path.write_bytes(before + path.read_bytes() + b"\n" * 9 + after)
        done = ground.series()
        ground.harmless(done)
        assert done.returncode == 0, done.stderr
        assert list(map(str, sorted(p.name for p in ground.out.iterdir()))) == \
            sorted(expected("4.9"))

    @pytest.mark.parametrize("name", cases(
        "CRLF", {f"CRLF in {name}": (name,) for name in (TOUCHED, MM)}))
    def test_crlf(self, ground, name):
        (ground.k / name).write_bytes(FILES[MM].encode().replace(b"\n", b"\r\n"))
        ground.stopped(ground.series(), name, "CRLF", "dos2unix")

    @pytest.mark.parametrize("name", cases(
        "empty", {f"empty {name}": (name,) for name in ("Makefile", MM)}))
    def test_empty(self, ground, name):
        (ground.k / name).write_text("")
        ground.stopped(ground.series(), str(ground.k))
