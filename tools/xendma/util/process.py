# SPDX-License-Identifier: GPL-2.0
"""Run other programs."""

import collections.abc
import shutil
import subprocess
import typing

from .errors import UserError

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


def run_program(argv: collections.abc.Iterable[object], what: str, **kw: typing.Any) -> str:
    """Run a program to its end and return its output.

    what -- the purpose, for the error message
    """
    words = [str(a) for a in argv]
    require_programs(words[0])
    kw.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(words, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **kw)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        why = lines[-1] if lines else f"exit status {done.returncode}"
        raise UserError(f"{what}: {words[0]} says: {why}")
    return done.stdout
