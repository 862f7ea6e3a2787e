# SPDX-License-Identifier: GPL-2.0
"""Apply the rules of a patch to one file; each rule checks its places.

  .cocci  Coccinelle changes call sites; the header Edit: has their number
  .c      code of ours: "//@ before LINE" and "//@ after LINE" insert the code that
          follows them; "//@ replace LINE" replaces LINE by this code.  LINE, with the
          lines of "//@ then LINE", must be in the file exactly once.  "//@ until LINE"
          names the last line to replace.  "//@ end" keeps an empty line at the end of
          the code
  .ed     a script of ed for a text file; it ends if a search finds nothing
"""

import configparser
import difflib
import os
import pathlib
import re
import subprocess

from ..util.errors import UserError
from ..util.files import scratch_dir
from ..util.paths import BUILD
from ..util.process import run_group
from ..util.signals import time_limit
from ..sources import tree as trees
from . import patch
from .patch import Condition, SERIES

BLANKS = re.compile(r"^[ \t]+\n", re.M)
PLACE = re.compile(r"^//@ (before|after|replace) (.*(?:\n//@ (?:then|until) ?.*)*)\n", re.M)
DIFFERS = "this tree differs from those that the series knows"


def changes(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Return the opcodes of difflib for the changed places between two lists of lines."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [op for op in matcher.get_opcodes() if op[0] != "equal"]


def tidy(before: str, after: str) -> str:
    """Undo the changes of spatch to empty lines."""
    # spatch adds a line of a single tab, if a rule has an empty line after an if
    # statement.
    if not BLANKS.search(before):
        after = BLANKS.sub("", after)
    old, new = before.split("\n"), after.split("\n")
    # spatch removes an empty line together with the declaration behind it.
    for kind, i, _, j, _ in reversed(changes(old, new)):
        if kind == "delete" and not old[i] and 0 < j < len(new) and new[j - 1] and new[j]:
            new.insert(j, "")
    return "\n".join(new)


def spatch(rule: pathlib.Path, sites: int | None, path: pathlib.Path, where: str) -> None:
    """Apply one semantic patch to one file; Stop unless it changes this number of sites."""
    before = path.read_bytes().decode("latin-1")
    with scratch_dir(BUILD) as tmp:
        done = run_group(["spatch", "--very-quiet", "--no-includes", "--in-place",
                          "--no-show-diff", "--sp-file", str(rule), str(path)],
                         env=os.environ | {"TMPDIR": str(tmp)})
    if done.returncode:
        lines = [l for l in done.stderr.splitlines() if l and not l.startswith("warning")]
        raise UserError(f"{where}: spatch says: {(lines or ['nothing'])[-1]}")
    after = tidy(before, path.read_bytes().decode("latin-1"))
    path.write_bytes(after.encode("latin-1"))
    found = len(changes(before.split("\n"), after.split("\n")))
    if found != sites:
        raise UserError(f"{where}: found {found} sites, wanted {sites}; {DIFFERS}")


def have() -> dict[str, Condition]:
    """Return {HAVE_ name: its Condition} of series/have.ini."""
    ini = configparser.ConfigParser(interpolation=None)
    setattr(ini, "optionxform", str)	# keep upper case
    ini.read(SERIES / "have.ini", encoding="utf-8")
    return {name: Condition(value) for name, value in ini["have"].items()}


def known(tree: trees.Tree) -> list[str]:
    """Return the options of unifdef for the HAVE_ names."""
    return [("-D" if condition.line_in(tree) else "-U") + name
            for name, condition in have().items()]


def blocks(rule: pathlib.Path, tree: trees.Tree, where: str) -> list[tuple[str, str, str]]:
    """Return [(side, place, code)] of a .c file, with the #ifdefs of the tree."""
    text = rule.read_text()
    if "HAVE_" in text:
        # The exit status is 1 if the text changed, and 2 after an error.
        done = subprocess.run(["unifdef", *known(tree), str(rule)], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode > 1:
            raise UserError(f"{where}: unifdef says: {done.stderr.strip()}")
        text = done.stdout
    head, *rest = PLACE.split(text.removesuffix("//@ end\n"))
    if not rest or re.sub(r"//.*", "", head).strip():
        raise UserError(f"{where}: code must follow a line like '//@ before ...'")
    stray = re.search(r"^//@.*", "\n".join([head, *rest[2::3]]), re.M)
    if stray:
        raise UserError(f"{where}: the line '{stray[0]}' has no meaning at this place")
    return list(zip(rest[::3], rest[1::3], rest[2::3]))


def find(lines: list[str], place: str, where: str) -> tuple[int, int]:
    """Return (first line, line behind the last) of a place in a file."""
    place, *end = re.split(r"\n//@ until ?", place)
    anchor = [l.strip() for l in re.split(r"\n//@ then ?", place)]
    at = [i for i in range(len(lines)) if lines[i:i + len(anchor)] == anchor]
    if len(at) != 1:
        raise UserError(f"{where}: the line '{anchor[-1] or anchor[0]}' is there {len(at)} times, "
                        f"wanted 1; {DIFFERS}")
    if not end:
        return at[0], at[0] + len(anchor)
    if end[0].strip() not in lines[at[0]:]:
        raise UserError(f"{where}: the line '{end[0]}' does not follow '{anchor[0]}'; "
                        f"{DIFFERS}")
    return at[0], lines.index(end[0].strip(), at[0]) + 1


def insert(rule: pathlib.Path, tree: trees.Tree, path: pathlib.Path, where: str) -> None:
    """Insert code of ours beside its anchors, or replace them by it."""
    # latin-1 keeps bytes of any encoding; splitlines() would split at some of them.
    lines = path.read_bytes().decode("latin-1").split("\n")
    for side, place, code in blocks(rule, tree, where):
        first, behind = find([line.strip() for line in lines], place, where)
        new = code.splitlines()
        # An empty line separates a function from the code beside it.
        if new and new[-1] == "}":
            new = {"before": [*new, ""], "after": ["", *new]}.get(side, new)
        lines[behind if side == "after" else first:first if side == "before" else behind] = new
    path.write_bytes("\n".join(lines).encode("latin-1"))


def ed(rule: pathlib.Path, path: pathlib.Path, where: str) -> None:
    """Apply an ed script; Stop if one of its searches fails."""
    done = subprocess.run(["ed", "-s", str(path)], input=rule.read_bytes(), capture_output=True)
    if done.returncode:
        raise UserError(f"{where}: found no place for the change; {DIFFERS}")


def apply(edit: patch.Edit, path: pathlib.Path, tree: trees.Tree) -> None:
    """Apply the rules of one Edit to one file."""
    for name in edit.rules:
        rule = edit.patch.overlay / name
        where = f"rule {name}, file {edit.target} of {tree.path}"
        with time_limit(patch.PATIENCE, where):
            if name.suffix == ".cocci":
                spatch(rule, edit.sites, path, where)
            elif name.suffix == ".c":
                insert(rule, tree, path, where)
            else:
                ed(rule, path, where)
