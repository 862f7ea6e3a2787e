# SPDX-License-Identifier: GPL-2.0
"""make clean and make distclean: remove the files that this project has written."""

import pathlib
import shutil

from ..util.lock import build_lock
from ..util.paths import BUILD

MADE = ("bench", "report", "mail", "measured", "dom0", "kernel", "obj", "series", "user", "work",
        "locks", "xen", "sparse", "static", "ccache", "docs", "mutants",
        "board", "board-report")
FETCHED = ("apt", "debs", "src")


def remove(path: pathlib.Path) -> None:
    """Remove a directory, a file or a symbolic link; leave the target of a link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clean(names: tuple[str, ...] = MADE) -> None:
    """Remove only these directories in the build directory."""
    if not BUILD.exists():
        remove(BUILD)		# a link to nothing
        return
    with build_lock():
        for name in names:
            remove(BUILD / name)
        if names != MADE:
            (BUILD / ".lock").unlink()
    if any(BUILD.iterdir()):
        return
    if BUILD.is_symlink():
        BUILD.unlink()
    else:
        BUILD.rmdir()


def distclean() -> None:
    """Remove the downloads and the sources as well."""
    clean(MADE + FETCHED)
