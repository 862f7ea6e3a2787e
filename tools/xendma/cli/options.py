# SPDX-License-Identifier: GPL-2.0
"""The options of the verbs.

The Makefile passes its variables in the environment (XENDMA_TREE and so on), so that no
shell reads them.  They are the defaults for the options of the command line.
"""

import argparse
import os
import re

from ..util.archs import ARCH
from ..util.errors import UserError

DEFAULT = {"TREE": "newest", "XEN": "4.20", "SERIES": "1", "SIGNOFF": "0", "KDIR": "", "OUT": "",
           "RECORD": "0", "CASES": "0", "ARCH": ARCH, "UPSTREAM": "", "ONLY": "*", "PART": "",
           "LIST": "0", "DTB": "", "CONFIG": "", "CONSOLE": "", "MEMORY": "", "LOAD": "", "LOG": "",
           "KIT": "", "SEED": "1", "SECONDS": "60"}
# Options of 0 or 1; an option without a value is 1.
FLAGS = ("SERIES", "SIGNOFF", "RECORD", "CASES", "LIST")
# The options that each verb reads; any other option is an error.
HEEDS = {"series": ("TREE", "KDIR", "OUT", "SIGNOFF", "PART", "LIST"),
         "mail": ("TREE", "KDIR", "OUT", "SIGNOFF", "UPSTREAM", "PART"),
         "all": ("TREE", "XEN", "SIGNOFF"),
         "dom0": ("TREE", "XEN", "ARCH", "SERIES", "CASES"), "prefix": ("TREE", "XEN", "RECORD"),
         "bench": ("TREE", "XEN", "RECORD"), "answers": ("TREE", "RECORD"),
         "check-all": ("ONLY",), "harden": ("ONLY",), "faults": ("XEN", "SERIES"),
         "fuzz": ("XEN", "SERIES", "SEED", "SECONDS", "ONLY"), "mutants": ("ONLY", "RECORD"),
         "static": ("TREE", "ARCH"), "kunit": ("TREE", "XEN", "ARCH"),
         "stress": ("TREE", "XEN", "SERIES"), "domain": ("TREE", "SERIES"),
         "demo": ("XEN", "ARCH"), "check": ("ONLY",),
         "board": ("DTB", "TREE", "XEN", "KDIR", "CONFIG", "CONSOLE", "MEMORY", "LOAD", "OUT"),
         "board-report": ("LOG", "KIT"),
         "clean": (), "distclean": ()}
# Verbs of the Makefile that run pytest.
OTHERS = ("check",)
HELP = {"TREE": "newest, 7.2, 6.12, 6.1 or 5.10", "XEN": "a version of Xen",
        "SERIES": "1: with the series, 0: stock", "SIGNOFF": "1: add your Signed-off-by",
        "KDIR": "the kernel source at this path", "OUT": "the directory for the patches",
        "RECORD": "1: keep the table in series/measured", "CASES": "1: print every case",
        "ARCH": "arm64, arm or x86_64", "UPSTREAM": "a file with the commits in mainline",
        "ONLY": "patterns of cells or mutants, or operations",
        "PART": "fixes, next, callers, tests or speed",
        "LIST": "1: only list the patches", "DTB": "the compiled device tree of a board",
        "CONFIG": "a file with more options of the kernel",
        "CONSOLE": "the console of Xen, an alias or a path in the tree",
        "MEMORY": "start,size of each bank of memory", "LOAD": "the first address of the kit",
        "LOG": "the serial log of a board", "KIT": "the directory of a kit",
        "SEED": "the seed of the first sequence", "SECONDS": "the duration of a boot"}


def from_environment(name: str) -> str:
    """Return the value that the Makefile passes, or ""."""
    return os.environ.get(f"XENDMA_{name}", "")


class Options:
    """The options of one command, with defaults."""

    def __init__(self, given: dict[str, str]):
        self._given = given

    def given(self, name: str) -> str | None:
        """Return the value of an option; None if it is not given."""
        return self._given.get(name) or None

    def __getitem__(self, name: str) -> str:
        return self.given(name) or DEFAULT[name]

    def flag(self, name: str, no: str, yes: str) -> bool:
        """Return whether a flag is 1; no and yes are for the error message."""
        if self[name] not in ("0", "1"):
            raise UserError(f"{name}={self[name]} is unknown: 0 {no}, 1 {yes}")
        return self[name] == "1"

    def number(self, name: str, least: int, most: int) -> int:
        """Return the value of an option that is a number."""
        text = self[name]
        # int() would take other digits, blanks and underscores.
        if not re.fullmatch(r"[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise UserError(f"{name}={text} is unknown: give a number from {least} to {most}")
        return int(text)

    def check(self, verb: str) -> None:
        """Stop if this verb does not read one of the given options."""
        for name in DEFAULT:
            if self.given(name) and name not in HEEDS[verb]:
                verbs = ", ".join("make" if v == "all" else f"make {v}"
                                  for v, names in HEEDS.items() if name in names)
                this = "make" if verb == "all" else f"make {verb}"
                raise UserError(f"{name}= is for {verbs}, not for {this}")


def parser() -> argparse.ArgumentParser:
    """Return a parser with a sub-command for each verb.

    Each accepts every option, because the message of check() is clearer.
    """
    top = argparse.ArgumentParser(prog="python3 -m xendma", epilog="see also 'make help'",
                                  allow_abbrev=False)
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, names in HEEDS.items():
        if verb in OTHERS:
            continue
        sub = verbs.add_parser(verb, allow_abbrev=False, help=" ".join(
            f"--{name.lower()}" for name in names) or None)
        for name in DEFAULT:
            text = HELP[name] if name in names else argparse.SUPPRESS
            value = from_environment(name)
            if name in FLAGS:
                sub.add_argument(f"--{name.lower()}", metavar="0|1", nargs="?", const="1",
                                 default=value, help=text)
            else:
                sub.add_argument(f"--{name.lower()}", metavar=name, default=value, help=text)
    return top


def parse(argv: list[str]) -> tuple[str, Options]:
    """Return the verb and its options."""
    found = vars(parser().parse_args(argv))
    return found["verb"], Options({name: found[name.lower()] for name in DEFAULT})
