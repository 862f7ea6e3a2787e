# SPDX-License-Identifier: GPL-2.0
"""sparse, from Debian's source package: new enough for the newest kernel."""

import os
import pathlib

from ..util.errors import log
from ..util.files import scratch_dir
from ..util.paths import BUILD
from ..util.process import run_program
from . import debian


def program() -> pathlib.Path:
    """Return the path of sparse; download and compile it once."""
    out = BUILD / "sparse" / "sparse"
    if not out.exists():
        about = debian.table()["sparse"]
        with scratch_dir(BUILD) as tmp:
            apt = debian.Apt("sparse", about["suites"], "deb-src")
            apt.update()
            tarball = apt.source(about["source"], tmp)
            log(f"compiling {tarball.name}")
            run_program(["tar", "-x", "-f", tarball, "-C", tmp, "--one-top-level=src",
                         "--strip-components=1"], f"unpacking {tarball.name}")
            run_program(["make", "-C", tmp / "src", "-j2", "sparse"], "compiling sparse")
            out.parent.mkdir(parents=True, exist_ok=True)
            os.replace(tmp / "src/sparse", out)
    return out
