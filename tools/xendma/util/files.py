# SPDX-License-Identifier: GPL-2.0
"""Write files atomically, keep stamps of finished work, create scratch directories."""

import collections.abc
import contextlib
import hashlib
import os
import pathlib
import shutil
import tempfile

from .errors import UserError
from .paths import BUILD
from .signals import undisturbed


def digest(*parts: object) -> str:
    """Return the SHA-256 over strings and the contents of files, as hexadecimal."""
    h = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, pathlib.Path) else str(part).encode()
        h.update(b"%d:" % len(data) + data)
    return h.hexdigest()


def up_to_date(stamp: pathlib.Path, key: str | None) -> bool:
    """Return whether the work that ended with set_stamp(stamp, key) is up to date."""
    try:
        return stamp.read_text() == key
    except OSError:
        return False


def set_stamp(stamp: pathlib.Path, key: str) -> None:
    write_file(stamp, key)


def write_file(path: pathlib.Path, data: str | bytes) -> None:
    """Write a file atomically: after an error, the old file is unchanged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with undisturbed():
        fd, tmp = tempfile.mkstemp(dir=path.parent, prefix=".tmp-" + path.name)
        try:
            with os.fdopen(fd, "wb") as f:
                f.write(data if isinstance(data, bytes) else data.encode())
            os.chmod(tmp, 0o644)
            os.replace(tmp, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(tmp)
            raise


@contextlib.contextmanager
def scratch_dir(near: pathlib.Path | None = None) -> collections.abc.Iterator[pathlib.Path]:
    """Return a directory; remove it afterwards, also after an error."""
    if near:
        near.mkdir(parents=True, exist_ok=True)
    path = None
    try:
        with undisturbed():
            path = pathlib.Path(tempfile.mkdtemp(prefix=".tmp-", dir=near))
        yield path
    finally:
        with undisturbed():
            if path:
                shutil.rmtree(path, ignore_errors=True)


def require_space(gib: float, what: str) -> None:
    """Stop unless the file system of the build directory has enough free space."""
    BUILD.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(BUILD).free / 2**30
    if free < gib:
        raise UserError(f"no space left for {what}: {BUILD} has {free:.1f} GiB free and needs "
                        f"{gib:.1f}; free some, or set XENDMA_BUILD to another place")
