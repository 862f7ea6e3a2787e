# SPDX-License-Identifier: GPL-2.0
"""Run one verb of the Makefile: python3 -m xendma VERB."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main.main())
