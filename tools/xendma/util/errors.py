# SPDX-License-Identifier: GPL-2.0
"""Errors and progress messages for people."""

import sys


class UserError(Exception):
    """One line for people: the fault, its place, and the next step."""


def printable(text: object) -> str:
    """Return a text on one line; escape characters that change a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode()
                   for c in str(text))


def log(text: str) -> None:
    """Print progress on standard error; standard output is for results."""
    print(f"xen-dma: {printable(text)}", file=sys.stderr, flush=True)
