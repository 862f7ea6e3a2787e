# SPDX-License-Identifier: GPL-2.0
"""make picture: keep the table of make, and draw it as a terminal.

    python3 tools/picture.py FILE

reads the output of make in FILE, and writes Documentation/results.rst and make.svg.
The picture has only data of the page.  It needs no font and no other file.
"""

import datetime
import html
import pathlib
import re
import subprocess
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parents[1] / "Documentation"
PAGE, PICTURE = HERE / "results.rst", HERE / "make.svg"
KEPT = re.compile(r"(\.\. begin make\n).*?(\n\.\. end make)", re.S)

ROWS = 12	# rows of the table that the picture shows
LINE, CHARACTER, MARGIN = 19, 7.8, 16	# pixels
COLOUR = {"FAILED": "#ff7b72", "passed": "#7ee787", "skipped": "#a5a5a5"}
PLAIN, DIM, GROUND = "#e6edf3", "#9198a1", "#0d1117"


def table(path):
    """Return the table in a file with the output of make."""
    output = path.read_text(encoding="utf-8")
    found = re.search(r"^Before and after.*?\n\n.*?(?=\n\n)", output, re.M | re.S)
    if not found:
        sys.exit(f"picture.py: error: {path} has no table: it is not the output of make")
    return found[0]


def kept(page):
    """Return the table in the page."""
    block = KEPT.search(page)[0].split("::\n\n", 1)[1].rsplit("\n\n", 1)[0]
    return textwrap.dedent(block)


def shown(text):
    """Yield the lines to draw: the first rows, one message, and the last rows."""
    title, _, head, rule, *rest = text.splitlines()
    rows = [l for l in rest if not l.startswith(" ")]
    last = [l for l in rows if l.startswith("others ")]
    yield from ("$ make", title, head, rule, rows[0], rest[1])
    yield from rows[1:ROWS]
    yield f"... {len(rows) - ROWS - len(last)} more rows"
    yield from last


def draw(text):
    """Return the picture of a table, as SVG."""
    lines = list(shown(text))
    wide = max(map(len, lines))
    size = int(wide * CHARACTER) + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
           f'viewBox="0 0 {size[0]} {size[1]}" role="img">',
           "<!-- SPDX-License-Identifier: GPL-2.0 -->",
           f"<title>Output of make: {html.escape(lines[1].rstrip(':'))}</title>",
           f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
           '<g font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" '
           f'font-size="13" fill="{PLAIN}">']
    for number, line in enumerate(lines):
        y = MARGIN + LINE * number + 14
        dim = line.startswith((" ", "...", "--"))
        # Each cell has its own place, so that any font fits.
        cells = [(0, line)] if dim and not line.startswith("--") or number < 2 else \
            [(m.start(), m[0]) for m in re.finditer(r"\S+(?: \S+)*", line)]
        for column, cell in cells:
            fill = COLOUR.get(cell, DIM if dim else None)
            x = MARGIN + CHARACTER * (column + len(cell) - len(cell.lstrip()))
            out.append(f'<text x="{x:g}" y="{y}"' + (f' fill="{fill}"' if fill else "")
                       + f">{html.escape(cell.strip())}</text>")
    return "\n".join([*out, "</g>", "</svg>", ""])


def main():
    new = table(pathlib.Path(sys.argv[1]))
    qemu = subprocess.run(["qemu-system-aarch64", "--version"], text=True, check=True,
                          capture_output=True).stdout.split()[3]
    about = f"{datetime.date.today()}, QEMU {qemu}"
    body = textwrap.indent(new, "   ", lambda line: line.strip())
    page = KEPT.sub(lambda m: f"{m[1]}\n{about}::\n\n{body}\n{m[2]}", PAGE.read_text())
    PAGE.write_text(page)
    PICTURE.write_text(draw(kept(page)))


if __name__ == "__main__":
    main()
