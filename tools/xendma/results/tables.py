# SPDX-License-Identifier: GPL-2.0
"""Measured tables: keep them as CSV, show them as text, fill them into letters.

Tables in series/ and Documentation/ come from series/measured/.  Only "make answers",
"make bench", "make mutants" and "make prefix" write this directory, with RECORD=1.
"""

import collections.abc
import csv
import datetime
import io
import pathlib
import re
import textwrap

from ..util.errors import UserError, log
from ..util.files import write_file
from ..util.paths import BUILD, ROOT
from ..util.process import run_program
from . import costs, expected

KEPT = ROOT / "series/measured"
SPDX = "# SPDX-License-Identifier: GPL-2.0"
Rows = collections.abc.Iterable[collections.abc.Sequence[object]]
Kept = list[list[str]]
PAGES = tuple(ROOT / f"Documentation/{name}.rst" for name in ("measured", "cost", "mutants"))


def save(name: str, what: str, rows: Rows, record: bool) -> None:
    """Write a table, with a description of its run."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    qemu = run_program(["qemu-system-aarch64", "--version"], "asking QEMU").split()[3]
    today = datetime.date.today().isoformat()
    data = f"{SPDX}\n# {today}, {what}, QEMU {qemu}\n{out.getvalue()}"
    path = BUILD / "measured" / f"{name}.csv"
    write_file(path, data)
    if record:
        path = KEPT / path.name
        write_file(path, data)
        pages()
    log(f"written to {path}")


def place_of_plots(record: bool) -> pathlib.Path:
    """Return the directory for plots."""
    return PAGES[0].parent if record else BUILD / "measured"


def load(name: str) -> tuple[str, Kept]:
    """Return (the run of a kept table, its rows)."""
    path = KEPT / f"{name}.csv"
    if not path.is_file():
        raise UserError(f"series/measured/{name}.csv is missing: a run with RECORD=1 "
                        "writes it")
    lines = path.read_text(encoding="utf-8").splitlines()
    about = [l[2:] for l in lines if l.startswith("# ")][1]
    return about, list(csv.reader(l for l in lines if not l.startswith("#")))


def text(rows: Rows) -> str:
    """Return a table in columns, with numbers to the right."""
    shown = [list(map(str, row)) for row in rows]
    wide = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    number = [all(re.fullmatch(r"[\d.]*|-", row[i]) for row in shown[1:]) for i in range(len(wide))]
    lines = []
    for row in shown:
        cells = [cell.rjust(w) if n else cell.ljust(w) for cell, w, n in zip(row, wide, number)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def answers(rows: Kept, *_: object) -> Kept:
    """Return the answers of Xen, in as few columns as possible."""
    found: dict[str, set[str]] = {}
    for memory, _asked, *each in rows[1:]:
        found.setdefault(memory, set()).update(each)
    if all(len(each) == 1 for each in found.values()):
        return [["memory", "answer"], *([memory, *each] for memory, each in found.items())]
    return rows


def tests(rows: Kept, about: str) -> Kept:
    """Return the tests that fail on stock, and the patch that makes each pass.

    about -- the description of the run
    """
    table = [["tests", "number", "stock", "passes from"]]
    (release, *_) = re.findall(r"Linux (\S+?),", about)
    for pattern, _, (mender, *_) in expected.expected_failures(release):
        hit = [row for row in rows[1:] if expected.matches(row[0], pattern)]
        if hit:
            stock = {{"F": "fails", ".": "passes"}.get(row[1], row[1]) for row in hit}
            table.append([pattern, str(len(hit)), "/".join(sorted(stock)), mender[5:]])
    return table


# Name in a text: file in series/measured, and the function that selects its rows.
TABLES: dict[str, tuple[str, collections.abc.Callable[[Kept, str], Kept]]] = {
    "answers": ("answers", answers), "cost": ("cost", costs.all_costs),
    "short": ("cost", costs.short), "speed": ("cost", costs.speed),
    "profile": ("profile", costs.profile), "patches": ("cost-per-patch", lambda rows, *_: rows),
    "tests": ("prefix-newest", tests)}


def table(name: str) -> tuple[str, str]:
    """Return (text of a table, its run)."""
    file, make = TABLES[name]
    about, rows = load(file)
    return text(make(rows, about)), about


def fill(template: str) -> str:
    """Replace every line "@name@" by that table, "@name: run@" by its run."""
    template = re.sub(r"^@(\w+)@$", lambda found: textwrap.indent(table(found[1])[0], "  "),
                      template, flags=re.M)
    return re.sub(r"@(\w+): run@", lambda found: table(found[1])[1], template)


def pages() -> None:
    """Update the tables in the pages of Documentation."""
    def put(found: re.Match[str]) -> str:
        if not (KEPT / f"{TABLES[found[2]][0]}.csv").is_file():
            return found[0]
        body, about = table(found[2])
        return f"{found[1]}\n\n{about}::\n\n{textwrap.indent(body, '   ')}\n\n{found[3]}"
    for path in PAGES:
        old = path.read_text(encoding="utf-8")
        new = re.sub(r"(\.\. begin (\w+))\n(?:.*?\n)?(\.\. end \2)", put, old, flags=re.S)
        if new != old:
            write_file(path, new)
