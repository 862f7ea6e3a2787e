# SPDX-License-Identifier: GPL-2.0
"""Errors and progress messages for people."""

import sys


class UserError(Exception):
    """One line for people: the fault, its place, and the next step."""


def log(text: str) -> None:
    """Print progress on standard error; standard output is for results."""
    print(f"xen-dma: {text}", file=sys.stderr, flush=True)
