# SPDX-License-Identifier: GPL-2.0
"""Select rows and columns of cost.csv and profile.csv, for letters, pages and plots."""

Kept = list[list[str]]
# The rows of the limits: text, operation, KiB, direction.
LIMITS = (("4 KiB, to device", "map", "4", "to"), ("4 KiB, from device", "map", "4", "from"),
          ("64 KiB, to device", "map", "64", "to"), ("64 KiB, from device", "map", "64", "from"),
          ("16 pages, to device", "sg", "64", "to"), ("16 pages, from device", "sg", "64", "from"),
          ("64 pages, to device", "sg", "256", "to"),
          ("64 pages, from device", "sg", "256", "from"))
MANY = "10000"
TOP = 14	# functions of a profile that are shown


def columns(rows: Kept, *names: str) -> Kept:
    """Return only these columns, in this order; leave out those that there are not."""
    at = [rows[0].index(name) for name in names if name in rows[0]]
    return [[row[i] for i in at] for row in rows]


def where(rows: Kept, **want: str) -> Kept:
    """Return the head and the rows with these values."""
    at = {rows[0].index(name): value for name, value in want.items()}
    return [rows[0], *(r for r in rows[1:] if all(r[i] == v for i, v in at.items()))]


def value(rows: Kept, kernel: str, **want: str) -> str:
    """Return the cost of the one row with these values, for one kernel."""
    (row,) = where(rows, **want)[1:]
    return row[rows[0].index(kernel)]


def all_costs(rows: Kept, *_: object) -> Kept:
    """Return all costs; barriers are in the file only."""
    return [row[:-1] for row in rows]


def short(rows: Kept, *_: object) -> Kept:
    """Return the costs of one page to the device; calls are those of three kernels."""
    found = where(rows, op="map", KiB="4", dir="to", grants="0", regions="few")
    at = found[0].index("memory")
    found = [row for row in found if row[at] not in ("foreign", "bounce")]
    body = columns(found, "memory", "device", "stock", "RFC", "series", "no Xen", "calls")
    return [body[0], *([*row[:-1], "/".join(row[-1].split("/")[:3])] for row in body[1:])]


def speed(rows: Kept, *_: object) -> Kept:
    """Return the costs of local memory without and with the part speed."""
    table = [["local memory", "grants", "series", "speed", "no Xen", "ratio"]]
    if "speed" not in rows[0]:
        return table
    for grants in ("0", MANY):
        for text, op, kib, direction in LIMITS:
            row = {"op": op, "memory": "RAM", "device": "no pool", "KiB": kib,
                   "dir": direction, "regions": "few", "grants": grants}
            before, ours, bare = (value(rows, kernel, **row)
                                  for kernel in ("series", "speed", "no Xen"))
            table.append([text, grants, before, ours, bare, f"{int(ours) / int(bare):.2f}"])
    return table


def profile(rows: Kept, *_: object) -> Kept:
    """Return the functions with the most instructions, and the sum of the others."""
    rows = where(rows, grants=MANY)
    *body, total = columns(rows, "function", "stock", "series", "speed", "no Xen")
    rest = [str(sum(int(row[i]) for row in body[TOP + 1:] if row[i] != "-"))
            for i in range(1, len(total))]
    return [*body[:TOP + 1], ["others", *rest], total]
