# SPDX-License-Identifier: GPL-2.0
"""Signals: end work that takes too long, and clean up after an interruption."""

import collections.abc
import contextlib
import signal
import threading
import types

from .errors import UserError

# From a terminal, from make or a job's time limit, and at the end of a session.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
depth = 0	# of undisturbed()
waiting: list[BaseException] = []


def in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def stop(error: BaseException) -> None:
    """Raise an error now, or at the end of undisturbed()."""
    if not depth:
        raise error
    waiting.append(error)


@contextlib.contextmanager
def time_limit(seconds: float, what: str) -> collections.abc.Iterator[None]:
    """Stop if the work takes longer; what -- the work, for the error.

    Python handles signals in its main thread; other threads have no limit.
    """
    if not in_main_thread():
        yield
        return

    def expired(_number: int, _frame: types.FrameType | None) -> None:
        stop(UserError(f"{what}: no result after {seconds} s; compare this file with the one of "
                       "mainline, or name another tree"))

    handler = signal.signal(signal.SIGALRM, expired)
    outer = signal.setitimer(signal.ITIMER_REAL, seconds)[0]
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, outer)
        signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def interruptible() -> collections.abc.Iterator[None]:
    """Raise KeyboardInterrupt, with the number of the signal, at the first of ENDING.

    Ignore the following ones, because make and the terminal both send one. The work
    removes its temporary files meanwhile.
    """
    def interrupted(number: int, _frame: types.FrameType | None) -> None:
        for other in caught:
            signal.signal(other, signal.SIG_IGN)
        stop(KeyboardInterrupt(number))

    if not in_main_thread():
        yield
        return
    # A background process ignores SIGINT, and nohup lets it ignore SIGHUP.
    caught = {n: signal.getsignal(n) for n in ENDING if signal.getsignal(n) != signal.SIG_IGN}
    for n in caught:
        signal.signal(n, interrupted)
    try:
        yield
    finally:
        for n, handler in caught.items():
            signal.signal(n, handler)


@contextlib.contextmanager
def undisturbed() -> collections.abc.Iterator[None]:
    """Let an interruption, and the end of a time limit, wait until the end of the work."""
    global depth
    if not in_main_thread():
        yield
        return
    depth += 1
    try:
        yield
    finally:
        depth -= 1
        if waiting and not depth:
            error = waiting[0]
            waiting.clear()
            raise error
