# SPDX-License-Identifier: GPL-2.0
"""The directory that a series is written to: only ours is ever replaced."""

import os
import pathlib
import re

from .common import Stop

OURS = re.compile(r"(v\d+-)?\d{4}-.*\.patch")
ZERO_COMMIT = b"From 0000000000000000000000000000000000000000 "
TEMPORARY = ".xendma-"


def claim(out, tree):
    """The directory to write to, if it is safe to do so; it is not made yet."""
    out = pathlib.Path(out)
    if tree.path.resolve() in [out.resolve(), *out.resolve().parents] and not tree.package:
        raise Stop(f"OUT={out} is in the kernel source, which is only read: name another directory")
    try:
        foreign = [p.name for p in sorted(out.iterdir()) if not _ours(p)]
    except FileNotFoundError:
        return out
    except OSError as e:
        raise Stop(f"OUT={out}: cannot write there: {e.strerror}; name another directory") from None
    if foreign:
        raise Stop(f"OUT={out} has other files in it ({foreign[0]}): name an empty or a new "
                   "directory")
    return out


def _ours(path):
    if path.name.startswith(TEMPORARY):
        return True
    if not OURS.fullmatch(path.name) or not path.is_file():
        return False
    with open(path, "rb") as f:
        return f.read(len(ZERO_COMMIT)) == ZERO_COMMIT


def deliver(files, out):
    """Replace the series in out by another: all of it, or nothing is changed."""
    new = {}
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for p in files:
            new[p.name] = out / (TEMPORARY + p.name)
            new[p.name].write_bytes(p.read_bytes())
    except OSError as e:
        for tmp in new.values():
            tmp.unlink(missing_ok=True)
        if made and out.exists():
            out.rmdir()
        raise Stop(f"OUT={out}: cannot write there: {e.strerror}; name another directory") from None
    for old in out.iterdir():
        if old.name not in new and old not in new.values():
            old.unlink()
    for name, tmp in new.items():
        os.replace(tmp, out / name)
    return [out / name for name in sorted(new)]
