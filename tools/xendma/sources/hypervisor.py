# SPDX-License-Identifier: GPL-2.0
"""The Xen binaries of Debian."""

from ..util.archs import ARCH
from ..util.errors import Stop
from ..util.paths import BUILD
from . import debian

# Where it is in the package, for each architecture.
BINARIES = {"arm64": "boot/xen-{}-arm64", "arm": "boot/xen-{}-armhf",
            "x86_64": "boot/xen-{}-amd64.gz"}


def section_of(what, arch):
    """The kind of a section in debian.ini, for an architecture."""
    return what if arch == ARCH else f"{what}-{arch}"


def xens(arch=ARCH):
    """The versions of Xen that there are for an architecture, newest first."""
    if arch not in BINARIES:
        raise Stop(f"ARCH={arch} is unknown: there are {', '.join(BINARIES)}")
    return debian.names(section_of("xen", arch))


def xen_binary(version, arch=ARCH):
    if version not in xens(arch):
        raise Stop(f"XEN={version} is unknown for {arch}: there are {', '.join(xens(arch))}")
    return debian.extract(f"{section_of('xen', arch)} {version}", BINARIES[arch].format(version),
                   BUILD / "xen" / f"xen-{version}-{arch}")
