# SPDX-License-Identifier: GPL-2.0
"""Let only one command work in a build directory."""

import collections.abc
import contextlib
import fcntl
import os
import shutil

from .errors import UserError
from .paths import BUILD

HOLDER = "XENDMA_LOCK_IS_HELD"


@contextlib.contextmanager
def build_lock() -> collections.abc.Iterator[None]:
    """Stop if another command is at work in the same build directory."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if os.environ.get(HOLDER) == str(BUILD):	# the parent process holds the lock
        yield
        return
    with open(BUILD / ".lock", "a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(f"another make (process {lock.read().strip() or '?'}) is at work in "
                            f"{BUILD}: wait for it, or end it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        # A killed run leaves scratch directories, and files of write_file().
        for pattern in (".tmp-*", "*/.tmp-*", "*/*/.tmp-*"):
            for old in BUILD.glob(pattern):
                if old.is_dir() and not old.is_symlink():
                    shutil.rmtree(old, ignore_errors=True)
                else:
                    old.unlink(missing_ok=True)
        os.environ[HOLDER] = str(BUILD)
        try:
            yield
        finally:
            del os.environ[HOLDER]
