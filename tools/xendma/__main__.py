# SPDX-License-Identifier: GPL-2.0
"""The verbs of the Makefile: python3 -m xendma VERB.

The Makefile hands over what was said on its command line in the environment
(XENDMA_TREE and so on), so that no shell ever reads it.
"""

import errno
import fnmatch
import os
import pathlib
import shutil
import sys
import time

from . import answers, bench, demo, dom0, kernel, mail, matrix, measured, patch, prefix, report, \
    series, static, suite, tree
from .common import BUILD, Stop, only_one, say

DEFAULT = {"TREE": "newest", "XEN": "4.20", "SERIES": "1", "SIGNOFF": "0", "KDIR": "", "OUT": "",
           "RECORD": "0", "CELLS": "0", "ARCH": kernel.ARCH, "UPSTREAM": "", "ONLY": "*", "PART": "",
           "LIST": "0"}


def option(name):
    return os.environ.get(f"XENDMA_{name}") or DEFAULT[name]


def flag(name, no, yes):
    value = option(name)
    if value not in ("0", "1"):
        raise Stop(f"{name}={value} is unknown: 0 {no}, 1 {yes}")
    return value == "1"


# What each verb heeds; anything else that is said is an error, not ignored.
HEEDS = {"series": ("TREE", "KDIR", "OUT", "SIGNOFF", "PART", "LIST"),
         "mail": ("TREE", "KDIR", "OUT", "SIGNOFF", "UPSTREAM", "PART"), "all": ("TREE", "XEN", "SIGNOFF"),
         "dom0": ("TREE", "XEN", "ARCH", "SERIES", "CELLS"), "prefix": ("TREE", "XEN", "RECORD"),
         "bench": ("TREE", "XEN", "RECORD"), "answers": ("TREE", "RECORD"), "check-all": ("ONLY",),
         "static": ("TREE", "ARCH"), "kunit": ("TREE", "XEN", "ARCH"), "demo": ("XEN", "ARCH")}


def heeds(verb):
    """Stop if an option is given that this verb would not heed."""
    for name in DEFAULT:
        if os.environ.get(f"XENDMA_{name}") and name not in HEEDS.get(verb, ()):
            verbs = ", ".join("make" if v == "all" else f"make {v}"
                              for v, names in HEEDS.items() if name in names)
            raise Stop(f"{name}= is for {verbs}, not for make {'' if verb == 'all' else verb}"
                       .rstrip())


def signoff():
    return flag("SIGNOFF", "leaves the sign-off out", "adds your Signed-off-by")


def which_part():
    part = option("PART")
    if part not in ("", *patch.PARTS):
        raise Stop(f"PART={part} is unknown: there are {', '.join(patch.PARTS)}")
    return part


def which_tree():
    """The Tree of KDIR= or TREE=."""
    return tree.Tree(option("KDIR")) if option("KDIR") else tree.get(option("TREE"))


def cmd_series():
    signed, part = signoff(), which_part()
    if flag("LIST", "writes the patches", "says which there are"):
        patches = patch.load()
        if os.environ.get("XENDMA_TREE") or option("KDIR"):
            patches = series.choose(which_tree(), patches)
        print(series.table([p for p in patches if part in ("", p.part)]))
        return 0
    with only_one():
        t = which_tree()
        files = series.generate(t, option("OUT") or series.default_out(t, part), signed, part=part)
    print(f"Linux {t.release}: {len(files) - 1} patches and a cover letter in {files[0].parent}")
    for f in files:
        print(f"  {f.name}")
    return 0


def cmd_mail():
    signed, part = signoff(), which_part()
    with only_one():
        t = which_tree()
        ids = option("UPSTREAM")
        files, post = mail.generate(t, pathlib.Path(option("OUT") or mail.default_out(t, part)),
                                    signed, pathlib.Path(ids) if ids else None, part)
    print(mail.summary(files, post))
    return 0


def cmd_dom0():
    patched = flag("SERIES", "is the stock kernel", "has the series")
    cells = flag("CELLS", "tells of rows of cells", "tells of every cell")
    with only_one():
        # Not every Xen is there for every architecture.
        xen = os.environ.get("XENDMA_XEN") or dom0.xens(option("ARCH"))[0]
        run = dom0.run(option("TREE"), xen, kernel.PATCHED if patched else kernel.STOCK,
                       cells=cells, arch=option("ARCH"))
    print(report.summary(run))
    return 1 if report.wrong(run) else 0


def cmd_all():
    started, signed = time.monotonic(), signoff()
    with only_one():
        t = tree.get(option("TREE"))
        files = series.generate(t, series.default_out(t), signed)
        runs = [dom0.run(t.name, option("XEN"), variant, show=False)
                for variant in (kernel.STOCK, kernel.PATCHED)]
    print(report.table(*runs))
    for run in runs:
        print(report.summary(run))
    print(f"series: {files[0].parent}")
    say(f"done in {time.monotonic() - started:.0f} s")
    return 1 if any(map(report.wrong, runs)) else 0


def record():
    return flag("RECORD", "leaves series/measured alone", "keeps the table in series/measured")


def judged(lines):
    for line in lines:
        print(f"NOT as it must be: {line}")
    return 1 if lines else 0


def cmd_prefix():
    keep = record()
    with only_one():
        prefixes, rfc = prefix.runs(option("TREE"), option("XEN"))
        name = "newest" if tree.get(option("TREE")).newest else rfc.tree
        print(prefix.table(prefixes, rfc))
        lines = prefix.wrong(prefixes, rfc)
        matrix = list(prefix.rows(prefixes, rfc))
        measured.save(f"prefix-{name}", f"Linux {rfc.release}, Xen {rfc.xen}", matrix,
                      keep and not lines)
    return judged(lines)


def cmd_bench():
    keep = record()
    with only_one():
        t, counts, again = bench.measure(option("TREE"), option("XEN"))
        table = list(bench.rows(counts))
        what = f"Linux {t.release}, Xen {option('XEN')}"
        print(f"Instructions for a pair of map and unmap, {what}; calls are its hypercalls "
              f"(stock, RFC, series)\n\n{measured.text(table)}\n")
        print(f"measured twice: the two differ by {bench.apart(counts, again):.3%} at most")
        lines = bench.wrong(t, counts, again)
        measured.save("cost", what, table, keep and not lines)
    return judged(lines)


def cmd_answers():
    keep = record()
    with only_one():
        runs = [dom0.run(option("TREE"), xen, show=False) for xen in dom0.xens()]
        table = list(answers.rows(runs))
        print(measured.text(table))
        lines = [line for run in runs for line in report.wrong(run)]
        measured.save("answers", f"Linux {runs[0].release}", table, keep and not lines)
    return judged(lines)


def cmd_static():
    with only_one():
        arch = option("ARCH")
        if arch not in kernel.COMPILERS:
            raise Stop(f"ARCH={arch} is unknown: there are {', '.join(kernel.COMPILERS)}")
        rows = static.table(option("TREE"), arch)
    print(static.text(rows))
    return 1 if any(new for *_, new in rows) else 0


def cmd_kunit():
    with only_one():
        arch, xen = option("ARCH"), os.environ.get("XENDMA_XEN")
        results = suite.run(option("TREE"), arch, [xen] if xen else dom0.xens(arch))
    print(suite.table(results))
    return judged(suite.wrong(results, arch))


def cmd_demo():
    started, arch = time.monotonic(), option("ARCH")
    with only_one():
        xen = os.environ.get("XENDMA_XEN") or dom0.xens(arch)[0]
        pairs, wrong = demo.both(xen, arch)
    print(demo.text(pairs))
    say(f"done in {time.monotonic() - started:.0f} s")
    return judged(wrong)


def cmd_check_all():
    only = option("ONLY").split()
    with only_one():
        cells = [c for c in matrix.cells() if any(fnmatch.fnmatchcase(c.name, p) for p in only)]
        if not cells:
            raise Stop(f"ONLY={' '.join(only)} is no cell: they are named like "
                       f"{matrix.boots()[0].name} and {matrix.tests()[0].name}; * stands for "
                       "anything")
        return matrix.check(cells)


MADE = ("bench", "report", "mail", "measured", "dom0", "kernel", "obj", "series", "user", "work",
        "xen", "sparse", "static", "ccache", "docs")
FETCHED = ("apt", "debs", "src")


def remove(names):
    """Remove what this project has made in the build directory, no more."""
    if not BUILD.exists():
        return
    with only_one():
        for name in names:
            if (BUILD / name).exists():
                shutil.rmtree(BUILD / name)
        if names != MADE:
            (BUILD / ".lock").unlink()
    if not any(BUILD.iterdir()):
        BUILD.rmdir()


def cmd_clean():
    remove(MADE)


def cmd_distclean():
    remove(MADE + FETCHED)


def main():
    verb = globals().get(f"cmd_{sys.argv[1].replace('-', '_')}") if len(sys.argv) == 2 else None
    if not verb:
        print("usage: see 'make help'", file=sys.stderr)
        return 2
    try:
        heeds(sys.argv[1])
        return verb() or 0
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
