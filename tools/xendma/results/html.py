# SPDX-License-Identifier: GPL-2.0
"""Show the matrix of make check-all as a page, which needs no other files."""

import collections.abc
import html as escape
import typing

Results = collections.abc.Mapping[typing.Any, dict[str, typing.Any]]
STYLE = """
body { font: 15px/1.4 sans-serif; margin: 2em auto; max-width: 72em; color: #222 }
table { border-collapse: collapse } th, td { padding: .3em .8em; border: 1px solid #ccc }
th { text-align: left; font-weight: 600; background: #f4f4f4 }
td.passed { background: #e2f3e2 } td.FAILED { background: #f9d9d9 } td.none { color: #777 }
small { color: #555 }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; color: #ddd }
 th { background: #2a2a2a } td.passed { background: #1f3a1f } td.FAILED { background: #5a2020 }
 a { color: #9cf } small { color: #aaa } }
"""


def cell(name: str, result: dict[str, typing.Any] | None) -> str:
    """Return one cell; its status links to its log."""
    if result is None:
        return '<td class="none">not yet</td>'
    text = escape.escape(result["detail"])
    return (f'<td class="{result["status"]}"><a href="logs/{escape.escape(name)}.txt">'
            f'{result["status"]}</a><br><small>{text}<br>{result["seconds"]:.0f} s, '
            f'{escape.escape(result["when"])}</small></td>')


def grid(cells: collections.abc.Sequence[typing.Any], results: Results) -> str:
    """Return one table, with the rows and columns of the cells."""
    rows = list(dict.fromkeys(c.row for c in cells))
    columns = list(dict.fromkeys(c.column for c in cells))
    at = {(c.row, c.column): c for c in cells}
    head = "".join(f"<th>{escape.escape(c or 'result')}</th>" for c in columns)
    lines = [f"<tr><th></th>{head}</tr>"]
    for row in rows:
        tds = [cell(at[row, c].name, results.get(at[row, c])) if (row, c) in at
               else '<td class="none">none</td>' for c in columns]
        lines.append(f"<tr><th>{escape.escape(row)}</th>{''.join(tds)}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def html(cells: collections.abc.Sequence[typing.Any], results: Results) -> str:
    """Return the page; results -- {Cell: result} of the finished cells."""
    done = [results[c] for c in cells if c in results]
    bad = sum(1 for r in done if r["status"] != "passed")
    left = len(cells) - len(done)
    parts = [f"<p>{len(done) - bad} passed, {bad} failed, {left} not run yet</p>"]
    for what, some in (("Boots: a stock kernel must fail as expected, a patched one must pass",
                        [c for c in cells if c.xen]),
                       ("KUnit, and static checks without new findings",
                        [c for c in cells if c.tree and not c.xen]),
                       ("Tests", [c for c in cells if c.tests])):
        if some:
            parts.append(f"<h2>{what}</h2>\n{grid(some, results)}")
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>DMA memory in a Xen dom0: all cells</title><style>{STYLE}</style></head>\n"
            "<body><h1>DMA memory in a Xen dom0: every tree, Xen and architecture</h1>\n"
            + "\n".join(parts) + "\n</body></html>\n")
