# SPDX-License-Identifier: GPL-2.0
"""Run other programs."""

import collections.abc
import contextlib
import os
import shutil
import signal
import subprocess
import typing

from .errors import UserError
from .signals import undisturbed

# Debian's package of each program that may be missing.
PACKAGE_OF = {"spatch": "coccinelle", "git": "git", "ed": "ed", "unifdef": "unifdef",
              "dtc": "device-tree-compiler", "cpp": "cpp", "cpio": "cpio",
              "qemu-system-aarch64": "qemu-system-arm", "qemu-system-arm": "qemu-system-arm",
              "qemu-system-x86_64": "qemu-system-x86", "make": "make", "apt-get": "apt",
              "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu", "dpkg-deb": "dpkg",
              "mkimage": "u-boot-tools", "mformat": "mtools",
              "mcopy": "mtools", "xz": "xz-utils", "ccache": "ccache"}


def require_programs(*programs: str) -> None:
    """Stop if a program is not installed; the error names its Debian package."""
    for program in programs:
        if not shutil.which(program):
            package = PACKAGE_OF.get(program, program)
            raise UserError(f"{program} is not installed: run 'make setup', or "
                            f"'apt-get install {package}'")


def run_group(argv: list[str], **kw: typing.Any) -> subprocess.CompletedProcess[str]:
    """Run a program, and keep its output.

    After an interruption, end it and all programs that it has started: none may write to
    a directory that is being removed.
    """
    kw.setdefault("stdin", subprocess.DEVNULL)
    child = None
    try:
        with undisturbed():
            child = subprocess.Popen(argv, text=True, errors="replace", stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, process_group=0, **kw)
        output, errors = child.communicate()
    except BaseException:
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()		# until the last of them has ended
        raise
    return subprocess.CompletedProcess(argv, child.returncode, output, errors)


def run_pipe(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Run a pipe of the shell; it fails if one of its programs fails."""
    return run_group(["bash", "-c", f"set -o pipefail; {script}", "bash", *map(str, args)])


def run_program(argv: collections.abc.Iterable[object], what: str, **kw: typing.Any) -> str:
    """Run a program to its end and return its output.

    what -- the purpose, for the error message
    """
    words = [str(a) for a in argv]
    require_programs(words[0])
    done = run_group(words, **kw)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        why = lines[-1] if lines else f"exit status {done.returncode}"
        raise UserError(f"{what}: {words[0]} says: {why}")
    return done.stdout
