# SPDX-License-Identifier: GPL-2.0
"""Versions of kernels, and windows of versions."""


def numbers(release: str) -> tuple[int, ...]:
    """Return "6.12.3" as (6, 12, 3)."""
    return tuple(int(n) for n in release.split("."))


def in_window(kernels: str, version: tuple[int, ...]) -> bool:
    """Return whether a version (a tuple) lies in a window such as "5.19.." or "5.19..6.1"."""
    first, last = (tuple(int(x) for x in v.split(".") if x) for v in kernels.split(".."))
    return first <= version[:2] and (not last or version[:2] <= last)
