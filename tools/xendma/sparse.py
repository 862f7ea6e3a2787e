# SPDX-License-Identifier: GPL-2.0
"""sparse, from Debian's source package: new enough for the newest kernel."""

import os

from . import debian
from .common import BUILD, run, say, scratch


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
