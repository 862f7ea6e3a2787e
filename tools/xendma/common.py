# SPDX-License-Identifier: GPL-2.0
"""What every command needs: places, errors, programs, files written whole."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("XENDMA_BUILD") or ROOT / "build")

HOLDER = "XENDMA_LOCK_IS_HELD"

# Debian's package of each program that may be missing.
PACKAGE_OF = {"spatch": "coccinelle", "git": "git", "ed": "ed", "unifdef": "unifdef", "dtc": "device-tree-compiler",
              "cpp": "cpp", "cpio": "cpio",
              "qemu-system-aarch64": "qemu-system-arm", "qemu-system-arm": "qemu-system-arm",
              "qemu-system-x86_64": "qemu-system-x86", "make": "make", "apt-get": "apt",
              "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu", "dpkg-deb": "dpkg",
              "xz": "xz-utils", "ccache": "ccache"}


class Stop(Exception):
    """What went wrong, where, and what to do next: one line for people."""


def say(text):
    """Progress, on standard error: standard output is for results."""
    print(f"xen-dma: {text}", file=sys.stderr, flush=True)


def need(*programs):
    """Stop if a program is not installed, naming Debian's package of it."""
    for program in programs:
        if not shutil.which(program):
            package = PACKAGE_OF.get(program, program)
            raise Stop(f"{program} is not installed: run 'make setup', or "
                       f"'apt-get install {package}'")


def run(argv, what, **kw):
    """Run a program to its end and return its output.

    what -- for the error: what was being done, in the words of a user.
    """
    argv = [str(a) for a in argv]
    need(argv[0])
    kw.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(argv, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **kw)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        why = lines[-1] if lines else f"exit status {done.returncode}"
        raise Stop(f"{what}: {argv[0]} says: {why}")
    return done.stdout


def digest(*parts):
    """SHA-256 over strings and the contents of files, as hexadecimal."""
    h = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, pathlib.Path) else str(part).encode()
        h.update(b"%d:" % len(data) + data)
    return h.hexdigest()


def up_to_date(stamp, key):
    """Whether the work that ended with mark(stamp, key) needs no repeating."""
    try:
        return stamp.read_text() == key
    except OSError:
        return False


def mark(stamp, key):
    write(stamp, key)


def write(path, data):
    """Write a whole file or nothing: never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, tmp = tempfile.mkstemp(dir=path.parent, prefix="." + path.name)
    try:
        with os.fdopen(fd, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(tmp, 0o644)
        os.replace(tmp, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(tmp)
        raise


@contextlib.contextmanager
def scratch(near=None):
    """A directory that is gone afterwards, whatever happens."""
    if near:
        near.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix=".tmp-", dir=near))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def only_one():
    """Stop if another command is at work in the same build directory."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if os.environ.get(HOLDER) == str(BUILD):	# a command that this one runs for
        yield
        return
    with open(BUILD / ".lock", "a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Stop(f"another make (process {lock.read().strip() or '?'}) is at work in "
                       f"{BUILD}: wait for it, or end it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        # What a run that was cut short has left behind.
        for left in BUILD.glob(".tmp-*"):
            shutil.rmtree(left, ignore_errors=True)
        os.environ[HOLDER] = str(BUILD)
        try:
            yield
        finally:
            del os.environ[HOLDER]


def room(gib, what):
    """Stop unless the build directory's file system has so many GiB free."""
    BUILD.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(BUILD).free / 2**30
    if free < gib:
        raise Stop(f"no space left for {what}: {BUILD} has {free:.1f} GiB free and needs "
                   f"{gib:.1f}; free some, or set XENDMA_BUILD to another place")
