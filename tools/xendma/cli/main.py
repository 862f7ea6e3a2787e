# SPDX-License-Identifier: GPL-2.0
"""Parse the command line, run the verb, report errors."""

import errno
import os
import signal
import sys

from ..util.errors import UserError, printable
from ..util.paths import BUILD
from ..util.signals import interruptible
from .options import parse
from .verbs import VERBS


def discard() -> None:
    """Discard the rest of standard output, which Python writes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush() -> None:
    """Write standard output to its end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as e:
        discard()
        raise UserError(f"cannot print the result: {e.strerror}; the work itself is done") from None


def main(argv: list[str] | None = None) -> int:
    """Run one verb; return the exit status."""
    verb, options = parse(sys.argv[1:] if argv is None else argv)
    try:
        with interruptible():
            options.check(verb)
            status = VERBS[verb](options)
            flush()
            return status
    except UserError as e:
        print(f"xen-dma: error: {printable(e)}", file=sys.stderr)
    except BrokenPipeError:		# such as "| head"
        discard()
    except OSError as e:
        what = "no space left" if e.errno == errno.ENOSPC else e.strerror or str(e)
        where = f" ({e.filename})" if e.filename else ""
        print(f"xen-dma: error: {printable(what + where)}; everything is under {printable(BUILD)}",
              file=sys.stderr)
    except KeyboardInterrupt as e:
        # In one write: make prints a message of its own at the same time.
        sys.stderr.write("\nxen-dma: interrupted; run make again to continue\n")
        return 128 + (e.args[0] if e.args else signal.SIGINT)
    return 1
