# SPDX-License-Identifier: GPL-2.0
"""Debian's xl for a dom0: programs and libraries of arm64 packages."""

import pathlib
import shutil

from ..util.errors import UserError, log
from ..util.files import digest, scratch_dir, set_stamp, up_to_date
from ..util.paths import BUILD
from ..util.process import run_program
from . import debian

PROGRAMS = ("xl", "xenstored", "xenconsoled", "xen-init-dom0", "xenstore-read", "xenstore-write")


def sections(xen: str) -> list[str]:
    """Return the entries of a toolstack in debian.ini."""
    return debian.members(f"toolstack {xen}")


def unpacked(xen: str) -> pathlib.Path:
    """Return a directory with the files of the packages."""
    root = BUILD / "user" / f"toolstack-{xen}"
    chosen = [debian.describe(section) for section in sections(xen)]
    key = digest(*(about["sha256"] for about in chosen))
    if not up_to_date(root / ".packages", key):
        debs = [debian.fetch(section) for section in sections(xen)]
        log(f"unpacking {len(debs)} packages of Xen {xen}'s tools")
        with scratch_dir(BUILD) as tmp:
            for deb in debs:
                run_program(["dpkg-deb", "-x", deb, tmp / "root"], f"unpacking {deb.name}")
            shutil.rmtree(root, ignore_errors=True)
            root.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(tmp / "root", root)
        set_stamp(root / ".packages", key)
    return root


def libraries(root: pathlib.Path) -> list[pathlib.Path]:
    """Return each library once, by the name of its link if it has one."""
    found = list(root.glob("**/lib/aarch64-linux-gnu/*.so*"))
    linked = {p.resolve() for p in found if p.is_symlink()}
    return [p for p in found if p.is_symlink() or p.resolve() not in linked]


def program(root: pathlib.Path, name: str) -> pathlib.Path:
    """Return the one program of that name."""
    found = list(root.glob(f"**/bin/{name}"))
    if len(found) != 1:
        raise UserError(f"{root} has {len(found)} programs {name}: Debian has changed its "
                        "packages, see tools/xendma/sources/debian.ini and toolstack.py")
    return found[0]


def files(xen: str) -> dict[str, pathlib.Path]:
    """Return {name in the initramfs: file}."""
    root = unpacked(xen)
    return {f"bin/{name}": program(root, name) for name in PROGRAMS} | {
        f"lib/{p.name}": p for p in libraries(root)}
