# SPDX-License-Identifier: GPL-2.0
"""Plots of cost.csv, which gnuplot makes."""

import pathlib

from ..util.files import scratch_dir, write_file
from ..util.process import run_program
from . import costs

BASE = {"op": "map", "memory": "RAM", "device": "no pool", "dir": "to", "regions": "few"}
SIZES, GRANTS = ("4", "64", "1024"), ("0", "1", "100", "1000", "10000")
SCRIPT = """
set terminal svg size 640,400 dynamic background rgb "white" name "costs"
set output "{out}"
set title "{title}"
set xlabel "{xlabel}"
set ylabel "{ylabel}"
set yrange [0:*]
set key {key}
set grid
set datafile separator comma
set logscale x
set xtics ({xtics})
plot for [i=2:{last}] "{data}" using 1:i title columnheader(i) with linespoints
"""


def write(data: costs.Kept, out: pathlib.Path, title: str, xlabel: str, ylabel: str,
          ticks: str, key: str) -> None:
    """Write one plot: a line for each column of the data, whose first column is x."""
    with scratch_dir() as tmp:
        table, svg = tmp / "data.csv", tmp / "plot.svg"
        write_file(table, "".join(",".join(row) + "\n" for row in data))
        script = SCRIPT.format(out=svg, title=title, xlabel=xlabel, ylabel=ylabel,
                               xtics=ticks, key=key, last=len(data[0]), data=table)
        write_file(tmp / "plot.gp", script)
        run_program(["gnuplot", tmp / "plot.gp"], f"plotting {out.name}")
        head, rest = svg.read_text(encoding="utf-8").split("\n", 1)
        write_file(out, f"{head}\n<!-- SPDX-License-Identifier: GPL-2.0 -->\n{rest}")


def kernels(rows: costs.Kept) -> list[str]:
    """Return the kernels that have a line."""
    return [n for n in ("stock", "series", "speed", "no Xen") if n in rows[0]]


def by_size(rows: costs.Kept) -> costs.Kept:
    """Return KiB and the cost of a page of 4 KiB for each kernel: sizes differ too much."""
    names = kernels(rows)
    table = [["KiB", *names]]
    for kib in SIZES:
        each = [int(costs.value(rows, n, KiB=kib, grants="0", **BASE)) for n in names]
        table.append([kib, *(f"{cost / (int(kib) / 4):.1f}" for cost in each)])
    return table


def by_grants(rows: costs.Kept) -> costs.Kept:
    """Return the number of grants, and the cost for each kernel."""
    names = kernels(rows)
    # A logarithm has no zero.
    return [["grants", *names], *([n if n != "0" else "0.1", *(
        costs.value(rows, kernel, KiB="4", grants=n, **BASE) for kernel in names)]
        for n in GRANTS)]


def plot(rows: costs.Kept, place: pathlib.Path) -> list[pathlib.Path]:
    """Write all plots of a table into a directory; return the files."""
    size, grants = place / "cost-by-size.svg", place / "cost-by-grants.svg"
    write(by_size(rows), size, "Local memory, to device", "KiB",
          "instructions for each page of 4 KiB", ", ".join(SIZES), "right top")
    write(by_grants(rows), grants, "4 KiB of local memory, to device",
          "grants that the domain has mapped", "instructions for one map and unmap",
          ", ".join(f'"{n}" {n if n != "0" else "0.1"}' for n in GRANTS), "right bottom")
    return [size, grants]
