# SPDX-License-Identifier: GPL-2.0
"""The files in series/: one per patch, RFC 822 headers and the commit message.

Headers (see series/README for what a person needs to know):

  Subject  one line, as in the commit
  Date     of the commit: fixed, so that the output is the same on any day
  Kernels  "5.19.." or "5.19..6.1": the window of versions it is for
  Because  why that window
  Edit     file to change; rule=name; sites=N [; with="file:word"]
           [; without="file:word"]
           the rule lies beside the file: <file's stem>.<rule>.cocci changes
           code, .ed adds what stands alone; sites is how often a .cocci
           must match; it is left out where the file does not have the word,
           or has it
  Add      a new file, taken from the same path in this project
  Only-adds  why no test passes with it that did not without it
  Done-if  file:regular expression; a tree in which it is found has this
           already
"""

import configparser
import email
import pathlib
import re

from .common import ROOT, Stop

SERIES = ROOT / "series"


class Edit:
    """One rule for one file."""

    def __init__(self, patch, target, params):
        self.patch, self.target = patch, pathlib.PurePath(target)
        self.sites = int(params.get("sites", 1))
        self.words = [(params[key], key == "with") for key in ("with", "without") if key in params]
        stem = self.target.with_suffix("") if self.target.suffix in (".c", ".h") else self.target
        rules = [pathlib.PurePath(f"{stem}.{params['rule']}.{kind}") for kind in ("cocci", "ed")]
        found = [r for r in rules if (patch.overlay / r).is_file()]
        if len(found) != 1:
            raise Stop(f"series/{patch.name}: there is no rule {rules[0]} or "
                       f"{rules[1].name}" if not found else
                       f"series/{patch.name}: there are both {rules[0]} and {rules[1].name}")
        self.rule = found[0]

    def applies_to(self, tree):
        return all(tree.has(*where.split(":", 1)) == wanted for where, wanted in self.words)


class Patch:
    """One patch of the series."""

    def __init__(self, path, overlay=ROOT):
        self.name, self.overlay = path.name, overlay
        msg = email.message_from_bytes(path.read_bytes())
        for header in ("Subject", "Date", "Kernels", "Because"):
            if not msg[header]:
                raise Stop(f"series/{self.name}: the header {header}: is missing")
        self.subject = " ".join(msg["Subject"].split())
        self.date = msg["Date"]
        self.because = " ".join(msg["Because"].split())
        self.kernels = msg["Kernels"].strip()
        self.only_adds = msg["Only-adds"]
        self.body = msg.get_payload().strip("\n") + "\n"
        self.done_if = [v.split(":", 1) for v in msg.get_all("Done-if", [])]
        self.adds = [pathlib.PurePath(v.strip()) for v in msg.get_all("Add", [])]
        self.edits = []
        for value in msg.get_all("Edit", []):
            one = email.message_from_string(f"Content-Type: {value}\n\n")
            (target, _), *params = one.get_params(header="content-type")
            self.edits.append(Edit(self, target, dict(params)))

    def is_for(self, tree):
        return in_window(self.kernels, tree.version)

    def already_in(self, tree):
        """The line of the tree that shows that it has this patch, or None."""
        for name, pattern in self.done_if:
            path = tree.path / name
            found = re.search(f"^.*(?:{pattern}).*$", path.read_text(errors="replace"), re.M) \
                if path.is_file() else None
            if found:
                return f"{name}: {found[0].strip()}"
        return None


def in_window(kernels, version):
    """Whether a version (a tuple) lies in "5.19.." or "5.19..6.1"."""
    first, last = (tuple(int(x) for x in v.split(".") if x) for v in kernels.split(".."))
    return first <= version[:2] and (not last or version[:2] <= last)


def load():
    """[Patch in order]."""
    return [Patch(p) for p in sorted(SERIES.iterdir()) if re.match(r"(?!0000)\d{4}-", p.name)]


def letter(version):
    """The cover letter for a kernel: headers and text."""
    for path in sorted(SERIES.glob("0000-*")):
        cover = email.message_from_bytes(path.read_bytes())
        if in_window(cover["Kernels"], version):
            return cover
    raise Stop(f"series/ has no cover letter for Linux {'.'.join(map(str, version))}")


def not_served(version):
    """Why there is no patch for a kernel: (verdict, reason), or None."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(SERIES / "not-served.ini", encoding="utf-8")
    for window in ini.sections():
        if in_window(window, version):
            return ini[window]["verdict"], " ".join(ini[window]["because"].split())
    return None
