# SPDX-License-Identifier: GPL-2.0
"""Share this machine between the threads and processes of one command.

A lock ends with its process, so a killed process leaves nothing behind.
"""

import collections.abc
import contextlib
import fcntl
import os
import time

from .paths import BUILD


@contextlib.contextmanager
def alone(work: str, wait: bool = True) -> collections.abc.Iterator[bool]:
    """Do a work alone; return whether nobody else is at it.

    wait -- until nobody else is at it
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / f".lock-{work}", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def cpus(number: int) -> collections.abc.Iterator[None]:
    """Wait until so many CPUs are free, or all of this machine, and keep them."""
    every = range(os.cpu_count() or 1)
    with contextlib.ExitStack() as held:
        # Only one waits for CPUs, so that they are not all taken one by one by others.
        with alone("cpus"):
            missing, free = min(number, len(every)), set(every)
            while missing:
                for cpu in sorted(free):
                    with contextlib.ExitStack() as one:
                        if missing and one.enter_context(alone(f"cpu{cpu}", wait=False)):
                            held.push(one.pop_all())
                            free.remove(cpu)
                            missing -= 1
                if missing:
                    time.sleep(0.2)
        yield
