# SPDX-License-Identifier: GPL-2.0
"""sparse, from Debian's source package: new enough for the newest kernel."""

import os

from ..util.errors import say
from ..util.files import scratch
from ..util.paths import BUILD
from ..util.process import run
from . import debian


def program():
    """Path of the sparse program; fetched and compiled if it is not there."""
    out = BUILD / "sparse" / "sparse"
    if not out.exists():
        about = debian.table()["sparse"]
        with scratch(BUILD) as tmp:
            apt = debian.Apt("sparse", about["suites"], "deb-src")
            apt.update()
            tarball = apt.source(about["source"], tmp)
            say(f"compiling {tarball.name}")
            run(["tar", "-x", "-f", tarball, "-C", tmp, "--one-top-level=src",
                 "--strip-components=1"], f"unpacking {tarball.name}")
            run(["make", "-C", tmp / "src", "-j2", "sparse"], "compiling sparse")
            out.parent.mkdir(parents=True, exist_ok=True)
            os.replace(tmp / "src/sparse", out)
    return out
