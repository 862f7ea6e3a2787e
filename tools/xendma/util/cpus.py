# SPDX-License-Identifier: GPL-2.0
"""Share this machine between the threads and processes of one command.

A lock ends with its process, so a killed process leaves nothing behind.
"""

import collections.abc
import contextlib
import fcntl
import os
import time
import typing

from .paths import BUILD


def lock_file(name: str) -> typing.TextIO:
    """Return an open file for a lock."""
    path = BUILD / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return open(path, "w", encoding="ascii")


def taken(lock: typing.TextIO) -> bool:
    """Take a lock if it is free; return whether it was."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def alone(work: str) -> collections.abc.Iterator[None]:
    """Wait until nobody else is at the same work."""
    with lock_file(work) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def cpus(number: int) -> collections.abc.Iterator[None]:
    """Wait until so many CPUs are free, or all of this machine, and keep them."""
    with contextlib.ExitStack() as held:
        free = [held.enter_context(lock_file(f"cpu{n}")) for n in range(os.cpu_count() or 1)]
        missing = min(number, len(free))
        # Only one waits for CPUs, so that others do not take them one by one.
        with alone("cpus"):
            while missing:
                for lock in list(free):
                    if missing and taken(lock):
                        free.remove(lock)
                        missing -= 1
                if missing:
                    time.sleep(0.2)
        yield
