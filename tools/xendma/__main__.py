# SPDX-License-Identifier: GPL-2.0
"""Run one verb of the Makefile: python3 -m xendma VERB."""

import signal
import sys

# An interruption during the imports ends Python without a traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from .cli import main

if __name__ == "__main__":
    sys.exit(main.main())
