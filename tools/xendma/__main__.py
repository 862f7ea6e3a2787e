# SPDX-License-Identifier: GPL-2.0
"""The verbs of the Makefile. See 'make help'."""

import argparse
import errno
import os
import subprocess
import sys
import time

from . import dom0, report, series, tree
from .common import BUILD, ROOT, Stop, only_one, say


def only_series(args, verb):
    """Stop if an option is given that this verb would not heed."""
    for name in ("kdir", "out"):
        if getattr(args, name):
            raise Stop(f"{name.upper()}= is for 'make series' only: {verb} works on a TREE=")


def cmd_series(args):
    with only_one():
        if args.kdir:
            t = tree.Tree(args.kdir)
        else:
            t = tree.get(args.tree)
        out = args.out or series.default_out(t)
        files = series.generate(t, out, signoff=args.signoff == "1")
    print(f"Linux {t.release}: {len(files) - 1} patches and a cover letter in {files[0].parent}")
    for f in files:
        print(f"  {f.name}")


def cmd_dom0(args):
    only_series(args, "make dom0")
    if args.series not in ("0", "1"):
        raise Stop(f"SERIES={args.series} is unknown: 0 is the stock kernel, 1 has the series")
    with only_one():
        result = dom0.run(args.tree, args.xen, int(args.series))
    print(report.summary(result))
    return 0 if not report.wrong(result) else 1


def cmd_all(args):
    only_series(args, "make")
    started = time.monotonic()
    with only_one():
        t = tree.get(args.tree)
        files = series.generate(t, series.default_out(t), signoff=args.signoff == "1")
        runs = [dom0.run(t.name, args.xen, s, show=False) for s in (0, 1)]
    print(report.table(*runs))
    for run in runs:
        print(report.summary(run))
    print(f"series: {files[0].parent}")
    say(f"done in {time.monotonic() - started:.0f} s")
    return 0 if not any(report.wrong(r) for r in runs) else 1


def main():
    parser = argparse.ArgumentParser(prog="xendma", description=__doc__)
    sub = parser.add_subparsers(dest="verb", required=True)
    for verb, fn in (("series", cmd_series), ("dom0", cmd_dom0), ("all", cmd_all)):
        p = sub.add_parser(verb)
        p.set_defaults(fn=fn)
        for name, default in (("tree", "newest"), ("xen", "4.20"), ("series", "1"),
                              ("kdir", ""), ("out", ""), ("signoff", "0")):
            p.add_argument(f"--{name}", default=default)
    args = parser.parse_args()
    try:
        if args.signoff not in ("0", "1"):
            raise Stop(f"SIGNOFF={args.signoff} is unknown: 1 adds your Signed-off-by, 0 does not")
        return args.fn(args) or 0
    except Stop as e:
        print(f"xen-dma: error: {e}", file=sys.stderr)
    except OSError as e:
        what = "no space left" if e.errno == errno.ENOSPC else e.strerror
        where = f" ({e.filename})" if e.filename else ""
        print(f"xen-dma: error: {what}{where}; everything is under {BUILD}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nxen-dma: interrupted; run make again to go on", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
