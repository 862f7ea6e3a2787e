# SPDX-License-Identifier: GPL-2.0
"""The files in series/: one per patch, RFC 822 headers and the commit message.

series/README explains each header.  A patch NNNN-name changes a file by the rules
beside the path of that file.  <stem of the file>.<name>.cocci changes call sites, .c
has code of ours and its places, and .ed changes text files.
"""

import configparser
import email
import email.message
import pathlib
import re
import textwrap

from ..util.errors import UserError, printable
from ..util.paths import ROOT
from ..util.signals import time_limit
from ..util.versions import in_window
from ..sources import tree as trees

SERIES = ROOT / "series"
# In the order in which they are applied.
PARTS = ("fixes", "next", "callers", "tests", "speed")
CODE = (".c", ".h")
# Hostile code can make a regular expression or Coccinelle run for ever.
PATIENCE = 60
LONGEST = 200	# of a line of the tree in a message
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)


def without_comments(text: str) -> str:
    """Return C text with a blank for each comment; keep strings."""
    return COMMENT.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)


class Condition:
    """One "file:regular expression" about the code of a tree, without comments."""

    def __init__(self, value: str) -> None:
        self.name, self.pattern = value.strip().split(":", 1)

    def line_in(self, tree: trees.Tree) -> str | None:
        """Return the line of the tree that it finds, or None."""
        if not tree.has_file(self.name):
            return None
        text = tree.read(self.name).decode(errors="replace")
        with time_limit(PATIENCE, f"searching {self.name} of {tree.path}"):
            if self.name.endswith(CODE):
                text = without_comments(text)
            found = re.search(self.pattern, text, re.M | re.S)
        if not found:
            return None
        # The whole line where the match ends.
        line = text[:found.end()].rpartition("\n")[2] + text[found.end():].partition("\n")[0]
        return f"{self.name}: {textwrap.shorten(printable(' '.join(line.split())), LONGEST)}"


class Edit:
    """The rules of one patch for one file."""

    def __init__(self, patch: "Patch", target: str, params: dict[str, str]) -> None:
        self.patch, self.target = patch, pathlib.PurePath(target)
        self.sites = int(params["sites"]) if "sites" in params else None
        self.conditions = [(Condition(params[key]), key == "with")
                           for key in ("with", "without") if key in params]
        code = self.target.suffix in CODE
        stem = self.target.with_suffix("") if code else self.target
        rule = "-".join(filter(None, (patch.short, params.get("rule"))))
        kinds = ("cocci", "c") if code else ("ed",)
        names = [pathlib.PurePath(f"{stem}.{rule}.{kind}") for kind in kinds]
        self.rules = [n for n in names if (patch.overlay / n).is_file()]
        if not self.rules:
            raise UserError(f"series/{patch.name}: there is no rule "
                            f"{' or '.join(map(str, names))}")
        if (self.sites is None) == any(r.suffix == ".cocci" for r in self.rules):
            raise UserError(f"series/{patch.name}, {target}: sites= goes with a .cocci rule, and "
                            "each needs it")

    def applies_to(self, tree: trees.Tree) -> bool:
        return all(bool(c.line_in(tree)) == wanted for c, wanted in self.conditions)


class Patch:
    """One patch of the series."""

    def __init__(self, path: pathlib.Path, overlay: pathlib.Path = ROOT) -> None:
        self.name, self.overlay = path.name, overlay
        self.short = self.name.partition("-")[2]
        msg = email.message_from_bytes(path.read_bytes())
        for header in ("Subject", "Date", "Part", "Kernels", "Because"):
            if not msg[header]:
                raise UserError(f"series/{self.name}: the header {header}: is missing")
        self.subject = " ".join(msg["Subject"].split())
        self.date, self.part = msg["Date"], msg["Part"].strip()
        if self.part not in PARTS:
            raise UserError(f"series/{self.name}: the part {self.part} is unknown: there are "
                            f"{', '.join(PARTS)}")
        self.because = " ".join(msg["Because"].split())
        self.kernels = msg["Kernels"].strip()
        self.only_adds = msg["Only-adds"]
        self.body = msg.get_payload().strip("\n") + "\n"
        self.wants = [Condition(v) for v in msg.get_all("With", [])]
        self.done_if = [Condition(v) for v in msg.get_all("Done-if", [])]
        self.clash_if = [Condition(v) for v in msg.get_all("Clash-if", [])]
        self.adds = [pathlib.PurePath(v.strip()) for v in msg.get_all("Add", [])]
        self.edits = []
        for value in msg.get_all("Edit", []):
            one = email.message_from_string(f"Content-Type: {value}\n\n")
            (target, _), *params = one.get_params(header="content-type")
            self.edits.append(Edit(self, target, dict(params)))

    def is_for(self, tree: trees.Tree) -> bool:
        """Return whether the patch is for a tree.

        For a fix with the header With:, only the content of the tree decides.
        """
        by_content = self.part == PARTS[0] and self.wants
        return bool((by_content or in_window(self.kernels, tree.version))
                    and all(c.line_in(tree) for c in self.wants))

    def already_in(self, tree: trees.Tree) -> str | None:
        """Return the line of the tree that shows that it has this patch, or None.

        Stop if other code is in the place of the patch.
        """
        for condition in self.done_if:
            line = condition.line_in(tree)
            if line:
                return line
        for condition in self.clash_if:
            line = condition.line_in(tree)
            if line:
                raise UserError(f"{tree.path} (Linux {tree.release}): '{line}' is in the place of "
                                f"'{self.subject}' but differs from it: revert the "
                                "commit that added it, then run make again")
        return None


def load() -> list[Patch]:
    """Return the patches in order."""
    return [Patch(p) for p in sorted(SERIES.iterdir()) if re.match(r"(?!0000)\d{4}-", p.name)]


def letters() -> dict[str, email.message.Message]:
    """Return {name: cover letter}, with headers and text."""
    return {p.name: email.message_from_bytes(p.read_bytes())
            for p in sorted(SERIES.glob("0000-*"))}


def letter(version: tuple[int, ...], part: str | None = None) -> email.message.Message:
    """Return the cover letter of a part, or of all parts, for a kernel."""
    for cover in letters().values():
        if (cover["Part"] or "all") == (part or "all") and in_window(cover["Kernels"], version):
            return cover
    raise UserError(f"series/ has no cover letter of {f'part {part}' if part else 'all parts'} "
                    f"for Linux {'.'.join(map(str, version))}")


def not_served(version: tuple[int, ...]) -> tuple[str, str] | None:
    """Return (verdict, reason) if series/ has no patch for a kernel, or None."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(SERIES / "not-served.ini", encoding="utf-8")
    for window in ini.sections():
        if in_window(window, version):
            return ini[window]["verdict"], " ".join(ini[window]["because"].split())
    return None
