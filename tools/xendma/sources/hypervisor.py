# SPDX-License-Identifier: GPL-2.0
"""The Xen binaries of Debian."""

import pathlib

from ..util.archs import ARCH
from ..util.errors import UserError
from ..util.paths import BUILD
from . import debian, xen_source

# Path in the package, for each architecture.
BINARIES = {"arm64": "boot/xen-{}-arm64", "arm": "boot/xen-{}-armhf",
            "x86_64": "boot/xen-{}-amd64.gz"}


def section(what: str, arch: str) -> str:
    """Return the kind of a section in debian.ini for an architecture."""
    return what if arch == ARCH else f"{what}-{arch}"


def versions(arch: str = ARCH) -> list[str]:
    """Return the versions of Xen for an architecture, newest first."""
    if arch not in BINARIES:
        raise UserError(f"ARCH={arch} is unknown: there are {', '.join(BINARIES)}")
    return debian.names(section("xen", arch))


def binary(version: str, arch: str = ARCH) -> pathlib.Path:
    """Return the path of a hypervisor; download it once, or compile the one of ours."""
    if version == xen_source.VERSION and arch == ARCH:
        return xen_source.binary()
    if version not in versions(arch):
        raise UserError(f"XEN={version} is unknown for {arch}: there are "
                        f"{', '.join(versions(arch))}")
    return debian.extract(f"{section('xen', arch)} {version}", BINARIES[arch].format(version),
                          BUILD / "xen" / f"xen-{version}-{arch}")
