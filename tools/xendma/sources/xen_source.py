# SPDX-License-Identifier: GPL-2.0
"""Xen from the upstream tarball of Debian's source package, with direct-mapped domains.

Debian's binary cannot give a domain memory at fixed addresses, and so cannot map it 1:1.
"""

import os
import pathlib

from ..util.archs import ARCH, COMPILERS
from ..util.errors import log
from ..util.files import scratch_dir, set_stamp, up_to_date, write_file
from ..util.paths import BUILD
from ..util.process import require_programs, run_program
from . import debian

# Debian's mirrors have kept the source of this version only.
VERSION = "4.17-static"
OPTIONS = ("CONFIG_UNSUPPORTED=y", "CONFIG_STATIC_MEMORY=y")


def make(tree: pathlib.Path, *targets: str) -> None:
    """Run make for the hypervisor alone."""
    run_program(["make", "-C", tree / "xen", f"-j{os.cpu_count()}", f"XEN_TARGET_ARCH={ARCH}",
                 f"CROSS_COMPILE={COMPILERS[ARCH]}", *targets], f"compiling {tree.name}")


def binary() -> pathlib.Path:
    """Return the path of the hypervisor; download and compile it once."""
    out = BUILD / "xen" / f"xen-{VERSION}-{ARCH}"
    stamp, key = out.with_suffix(".options"), " ".join(OPTIONS)
    if out.exists() and up_to_date(stamp, key):
        return out
    require_programs("bison", "flex", "gcc")
    about = debian.table()[f"xen-source {VERSION}"]
    with scratch_dir(BUILD) as tmp:
        apt = debian.Apt(f"xen-source {VERSION}", about["suites"], "deb-src")
        apt.update()
        tarball = apt.source(about["source"], tmp)
        log(f"compiling {tarball.name}, which takes a minute")
        tree = tmp / "xen-source"
        run_program(["tar", "-x", "-f", tarball, "-C", tmp, f"--one-top-level={tree.name}",
                     "--strip-components=1"], f"unpacking {tarball.name}")
        make(tree, "defconfig")
        config = tree / "xen/.config"
        write_file(config, config.read_text() + "\n".join((*OPTIONS, "")))
        make(tree, "olddefconfig")
        make(tree, "build")
        out.parent.mkdir(parents=True, exist_ok=True)
        os.replace(tree / "xen/xen", out)
    set_stamp(stamp, key)
    return out
