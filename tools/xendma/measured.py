# SPDX-License-Identifier: GPL-2.0
"""Tables that were measured: kept as CSV, shown as text, filled into letters.

What series/ and Documentation/ say comes from series/measured/, which only
"make answers", "make bench" and "make prefix" write, with RECORD=1.
"""

import csv
import datetime
import io
import re

from .common import BUILD, ROOT, Stop, run, say, write

KEPT = ROOT / "series/measured"
SPDX = "# SPDX-License-Identifier: GPL-2.0"
PAGE = ROOT / "Documentation/core-api/swiotlb-xen.rst"


def save(name, what, rows, record):
    """Write a table, with the run it is from; returns the file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    qemu = run(["qemu-system-aarch64", "--version"], "asking QEMU").split()[3]
    today = datetime.date.today().isoformat()
    text = f"{SPDX}\n# {today}, {what}, QEMU {qemu}\n{out.getvalue()}"
    path = BUILD / "measured" / f"{name}.csv"
    write(path, text)
    if record:
        path = KEPT / path.name
        write(path, text)
        page()
    say(f"written to {path}")
    return path


def load(name):
    """(the run it is from, [row]) of a kept table."""
    path = KEPT / f"{name}.csv"
    if not path.is_file():
        raise Stop(f"series/measured/{name}.csv is not there: it comes from a run with RECORD=1")
    lines = path.read_text(encoding="utf-8").splitlines()
    about = [l[2:] for l in lines if l.startswith("# ")][1]
    return about, list(csv.reader(l for l in lines if not l.startswith("#")))


def text(rows):
    """A table in columns; numbers to the right."""
    rows = [list(map(str, row)) for row in rows]
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    number = [all(re.fullmatch(r"[\d.]*", row[i]) for row in rows[1:]) for i in range(len(wide))]
    lines = []
    for row in rows:
        cells = [cell.rjust(w) if n else cell.ljust(w) for cell, w, n in zip(row, wide, number)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def answers():
    """What Xen says, in as few columns as tell it."""
    about, (head, *rows) = load("answers")
    short = {}
    for memory, _, *said in rows:
        short.setdefault(memory, set()).update(said)
    if all(len(said) == 1 for said in short.values()):
        rows, head = [(m, *s) for m, s in short.items()], ("memory", "answer")
    return text([head, *rows]), about


def cost():
    about, rows = load("cost")
    return text(rows), about


def tests():
    """Which tests fail on stock, and the patch from which on they pass."""
    from . import report	# it reads what kernels are made of, and so does this
    about, (head, *rows) = load("prefix-newest")
    table = [("tests", "number", "stock", "passes from patch")]
    for pattern, _, mender in report.control():
        hit = [row for row in rows if report.fits(row[0], pattern)]
        first = {row.index(".", 1) - 1 for row in hit}
        if hit:
            table.append((pattern, len(hit), "fails", f"{min(first)} ({mender[5:]})"))
    return text(table), about


TABLES = {"answers": answers, "cost": cost, "tests": tests}
FILES = {"answers": "answers", "cost": "cost", "tests": "prefix-newest"}


def fill(template, indent="  "):
    """Replace every line "@name@" by that table, "@name: run@" by its run."""
    def table(found):
        body, _ = TABLES[found[1]]()
        return "\n".join((indent + line).rstrip() for line in body.splitlines())
    template = re.sub(r"^@(\w+)@$", table, template, flags=re.M)
    return re.sub(r"@(\w+): run@", lambda found: TABLES[found[1]]()[1], template)


def page():
    """Bring the page in Documentation up to date."""
    def table(found):
        if not (KEPT / f"{FILES[found[2]]}.csv").is_file():
            return found[0]
        body, about = TABLES[found[2]]()
        lines = "\n".join(("   " + line).rstrip() for line in body.splitlines())
        return f"{found[1]}\n\n{about}::\n\n{lines}\n\n{found[3]}"
    old = PAGE.read_text(encoding="utf-8")
    new = re.sub(r"(\.\. begin (\w+))\n.*?\n(\.\. end \2)", table, old, flags=re.S)
    if new != old:
        write(PAGE, new)
