# SPDX-License-Identifier: GPL-2.0
"""Errors and progress messages for people."""

import sys


class UserError(Exception):
    """What went wrong, where, and what to do next: one line for people."""


def log(text: str) -> None:
    """Progress, on standard error: standard output is for results."""
    print(f"xen-dma: {text}", file=sys.stderr, flush=True)
