# SPDX-License-Identifier: GPL-2.0
"""Find the reports of sanitizers on a console, and compare them with the known ones."""

import collections.abc
import configparser
import dataclasses
import pathlib
import re

from ..util.paths import TESTS
from ..util.versions import in_window, numbers
from . import expected, ktap
from .run import Run

KNOWN = TESTS / "sanitize/splats.ini"
FUNCTION = re.compile(r"\b([A-Za-z_]\w*)(?:\.\w+)*\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?\b")
END = re.compile(r"^(?:---\[ end trace|={20,}$|ok |not ok |# )")
LONGEST = 90	# lines of one report
# After such a line, silence says nothing.
BLIND = re.compile(r"^(?!# ).*(kmemleak: Kernel memory leak detector disabled|"
                   r"DMA-API: debugging out of memory|DMA-API: .*disabling|"
                   r"turning off the locking correctness validator|"
                   r"[1-9]\d* printk messages dropped).*", re.M)


@dataclasses.dataclass
class Splat:
    """A report: its first line, and the functions that it names, in order."""
    title: str
    functions: list[str]


def find(console: str) -> list[Splat]:
    """Return the reports on a console."""
    found: list[Splat] = []
    lines, left = ktap.whole_lines(console).splitlines(), 0
    for line in lines:
        if ktap.SPLAT.match(line):
            # "WARNING: CPU:" follows the line that names the fault.
            found.append(Splat(line.strip(), FUNCTION.findall(line)))
            left = LONGEST
        elif left and not END.match(line):
            found[-1].functions += FUNCTION.findall(line)
            left -= 1
        else:
            left = 0
    return found


def blind(console: str) -> list[str]:
    """Return the lines after which a sanitizer, or the log, says less than before."""
    return list(dict.fromkeys(m[0].strip() for m in BLIND.finditer(ktap.whole_lines(console))))


def without(console: str) -> str:
    """Return a console without the first lines of reports, so that its tests can be judged."""
    return "\n".join(l for l in ktap.whole_lines(console).splitlines()
                     if not ktap.SPLAT.match(l)) + "\n"


@dataclasses.dataclass
class Known:
    """A known report.

    title  -- regular expression of its first line
    inside -- regular expression of a function that it names
    boots  -- the names of the boots that can have it
    fixes  -- the patches that mend it; none for a report that stays
    due    -- the boots that must have it without these patches
    """
    name: str
    title: str
    inside: str
    boots: list[str]
    fixes: list[str]
    due: list[str]

    def is_of(self, splat: Splat) -> bool:
        """Return whether a report is this one, in any boot."""
        return bool(re.search(self.title, splat.title)) and (
            not self.inside or any(re.fullmatch(self.inside, f) for f in splat.functions))


def load(release: str, path: pathlib.Path = KNOWN) -> list[Known]:
    """Return the known reports of a kernel."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(path, encoding="utf-8")
    return [Known(name, s["title"], s.get("in", ""), s["boots"].split(),
                  s.get("patch", "").split(), s.get("due", "").split()) for name, s in ini.items()
            if name != ini.default_section and in_window(s.get("kernels", ".."), numbers(release))]


def unexpected(run: Run, boot: str, known: collections.abc.Sequence[Known],
               found: collections.abc.Sequence[Splat]) -> list[str]:
    """Return the unexpected reports of those found, one line each, and the missing ones.

    A report with a patch must come without the patch, and must not come with it.
    """
    lines: list[str] = []
    for splat in found:
        kinds = [k for k in known if boot in k.boots and k.is_of(splat)]
        if not kinds:
            # Numbers of processes and addresses differ between equal reports.
            title = re.sub(r"\b(0x)?[0-9a-f]{8,}|(?<=/)\d+\b", "N", splat.title)
            names = list(dict.fromkeys(splat.functions))[:6]
            lines.append(f"{title} ({', '.join(names)})")
        elif not any(expected.lacks_fix(run, k.fixes) or not k.fixes for k in kinds):
            lines.append(f"{splat.title}: the series mends it ({kinds[0].name})")
    for k in known:
        due = boot in k.due and expected.lacks_fix(run, k.fixes)
        if due and not any(map(k.is_of, found)):
            lines.append(f"{k.name}: no report without the patch, which mends it")
    return list(dict.fromkeys(lines))
