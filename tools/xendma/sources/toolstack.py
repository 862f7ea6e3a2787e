# SPDX-License-Identifier: GPL-2.0
"""Debian's xl for a dom0: programs and libraries of packages for its architecture."""

import pathlib
import shutil

from ..util.archs import ARCH
from ..util.errors import UserError, log
from ..util.files import digest, scratch_dir, set_stamp, up_to_date
from ..util.paths import BUILD
from ..util.process import run_program
from . import debian, hypervisor

PROGRAMS = ("xl", "xenstored", "xenconsoled", "xen-init-dom0", "xenstore-read", "xenstore-write")
# Places of the dynamic linker, and of the libraries in the packages.
LINKERS = {"arm64": "lib/ld-linux-aarch64.so.1", "x86_64": "lib64/ld-linux-x86-64.so.2"}
TRIPLETS = {"arm64": "aarch64-linux-gnu", "x86_64": "x86_64-linux-gnu"}


def sections(xen: str, arch: str = ARCH) -> list[str]:
    """Return the entries of a toolstack in debian.ini."""
    return debian.members(f"{hypervisor.section('toolstack', arch)} {xen}")


def unpacked(xen: str, arch: str = ARCH) -> pathlib.Path:
    """Return a directory with the files of the packages."""
    root = BUILD / "user" / hypervisor.section(f"toolstack-{xen}", arch)
    chosen = [debian.describe(section) for section in sections(xen, arch)]
    key = digest(*(about["sha256"] for about in chosen))
    if not up_to_date(root / ".packages", key):
        debs = [debian.fetch(section) for section in sections(xen, arch)]
        log(f"unpacking {len(debs)} packages of Xen {xen}'s tools")
        with scratch_dir(BUILD) as tmp:
            for deb in debs:
                run_program(["dpkg-deb", "-x", deb, tmp / "root"], f"unpacking {deb.name}")
            shutil.rmtree(root, ignore_errors=True)
            root.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(tmp / "root", root)
        set_stamp(root / ".packages", key)
    return root


def libraries(root: pathlib.Path, arch: str = ARCH) -> list[pathlib.Path]:
    """Return each library once, by the name of its link if it has one."""
    found = list(root.glob(f"**/lib/{TRIPLETS[arch]}/*.so*"))
    linked = {p.resolve() for p in found if p.is_symlink()}
    return [p for p in found if p.is_symlink() or p.resolve() not in linked]


def program(root: pathlib.Path, name: str) -> pathlib.Path:
    """Return the one program of that name."""
    found = list(root.glob(f"**/bin/{name}"))
    if len(found) != 1:
        raise UserError(f"{root} has {len(found)} programs {name}: Debian has changed its "
                        "packages, see tools/xendma/sources/debian.ini and toolstack.py")
    return found[0]


def files(xen: str, arch: str = ARCH) -> dict[str, pathlib.Path]:
    """Return {name in the initramfs: file}."""
    root = unpacked(xen, arch)
    found = {p.name: p for p in libraries(root, arch)}
    linker = pathlib.PurePath(LINKERS[arch])
    return {f"bin/{name}": program(root, name) for name in PROGRAMS} | {
        f"lib/{name}": p for name, p in found.items()} | {str(linker): found[linker.name]}
