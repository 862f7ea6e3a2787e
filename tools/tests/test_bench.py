# SPDX-License-Identifier: GPL-2.0
"""The tables and the plots of make bench, and its kernels."""

import csv
import pathlib
import re
import unittest
from unittest import mock

from xendma.util.archs import ARCH
from xendma.util.paths import BUILD
from xendma.results import costs as kept, plots, tables
from xendma.rig.variant import PATCHED, WITHOUT_SPEED
from xendma.series import selection
from xendma.runs import bench, kernels, limits, profile

from .support import Case, later, make
from .test_limits import costs

CONSOLE = """
# cost,map,RAM,no pool,4,to,0,{few},452.0,0\r
# cost,map,RAM,no pool,4,to,0,64,453.0,0\r
# costs complete\r
"""


class Table(unittest.TestCase):
    def test_regions_differ_without_xen(self):
        """The rows without additional regions are the same row."""
        for few in ("4", "5"):
            self.assertEqual(bench.parse(CONSOLE.format(few=few)), {
                ("map", "RAM", "no pool", "4", "to", "0", "few"): (452.0, 0),
                ("map", "RAM", "no pool", "4", "to", "0", "64"): (453.0, 0)})

    def test_without_xen(self):
        """Without Xen, a row with grants has the cost of no grant, and none if foreign."""
        found = costs()
        self.assertEqual(found.cost("no Xen", limits.case_of("map", "4", "to", "10000")), 840)
        self.assertIsNone(found.cost("no Xen", (*limits.FOREIGN, "100", "few")))
        body = {row[:6]: row for row in map(tuple, bench.rows(found))}
        self.assertEqual(body[*limits.FOREIGN, "100"][7:12], ("2000", "2000", "1900", "1700", "-"))
        self.assertEqual(body[*limits.FOREIGN, "100"][12], "1/1/1/1")

    def test_unit_of_barriers(self):
        found = costs()
        case = limits.case_of("map", "4", "to", "10000")
        for name, traced in found.traces.items():
            key = case if name != bench.BARE else limits.case_of("map", "4", "to")
            traced.barriers[key] = 2
        self.assertEqual(bench.calls_and_barriers(found, case), ("0/0/0/0", "2/2/2/2/2"))

    def test_kernels(self):
        with mock.patch.object(selection, "patches_for", lambda tree: [mock.Mock(part="speed")]):
            found = bench.variants(None)
        self.assertEqual((found["series"], found["speed"]), (WITHOUT_SPEED, PATCHED))
        with mock.patch.object(selection, "patches_for", lambda tree: [mock.Mock(part="next")]):
            found = bench.variants(None)
        self.assertEqual((found["series"], "speed" in found), (PATCHED, False))


class Kept(Case):
    """Rows of the kept table for letters, pages and plots."""

    def rows(self):
        return [list(row) for row in bench.rows(costs())]

    def test_speed(self):
        head, *body = kept.speed(self.rows())
        self.assertEqual(len(body), len(limits.RATIOS) * len(limits.GRANTS))
        for row, grants in zip((body[0], body[len(limits.RATIOS)]), limits.GRANTS):
            self.assertEqual(dict(zip(head, row)), {
                "local memory": "4 KiB, to device", "grants": grants, "series": "950",
                "speed": "850", "no Xen": "840", "ratio": "1.01"})

    def test_short(self):
        head, *body = kept.short(self.rows())
        self.assertEqual(head, ["memory", "device", "stock", "RFC", "series", "no Xen", "calls"])
        self.assertEqual({row[1] for row in body}, {"no pool", "coherent", "owner"})
        self.assertEqual(body[0][-1], "0/0/0")

    def test_profile(self):
        many = {f"f{i}": 100 - i for i in range(30)}
        rows = [list(row) for row in profile.rows({
            "series": profile.Profile({}, {"10000": many, "0": {"f0": 1}}),
            "no Xen": profile.Profile({}, {"0": {"f0": 7}})})]
        head, first, *_, rest, total = kept.profile(rows)
        self.assertEqual((head, first), (["function", "series", "no Xen"], ["f0", "100", "7"]))
        self.assertEqual(rest, ["others", str(sum(100 - i for i in range(kept.TOP, 30))), "0"])
        self.assertEqual(total, ["all", str(sum(many.values())), "7"])

    def test_letters_fit(self):
        """A letter has 75 columns, and indents a table by two."""
        head, *body = self.rows()
        rows = [head, *([*row[:7], *["99999"] * 5, *row[12:]] for row in body)]
        for select in (kept.short, kept.speed):
            for line in tables.text(select(rows)).splitlines():
                self.assertLessEqual(len(line), 73, line)
        for name in ("short", "speed", "profile"):
            for line in tables.table(name)[0].splitlines():
                self.assertLessEqual(len(line), 73, line)

    def test_plot_by_size(self):
        """Each size has the cost of a page, so that small and large ones fit one axis."""
        body = self.rows()
        head = body[0]
        at, kib = head.index("speed"), head.index("KiB")
        (row,) = [list(r) for r in body if r[:7] == list(limits.case_of("map", "4", "to"))]
        for size, cost in (("64", "4400"), ("1024", "65600")):
            body = [r for r in body if r[:7] != list(limits.case_of("map", size, "to"))]
            body.append([*row[:kib], size, *row[kib + 1:at], cost, *row[at + 1:]])
        by_size = plots.by_size(body)
        self.assertEqual([r[by_size[0].index("speed")] for r in by_size[1:]],
                         ["850.0", "275.0", "256.2"])

    def test_plots(self):
        """Each plot has a line for each kernel, in numbers of the kept table."""
        _, rows = tables.load("cost")
        for path in plots.plot(rows, self.tmp):
            text = path.read_text()
            self.assertIn("SPDX-License-Identifier: GPL-2.0", text)
            for kernel in ("stock", "series", "speed", "no Xen"):
                self.assertIn(f">{kernel}<", text.replace("</text>", "<"), path)
        self.assertEqual([row[0] for row in plots.by_grants(rows)[1:]],
                         ["0.1", "1", "100", "1000", "10000"])
        self.assertEqual([row[0] for row in plots.by_size(rows)[1:]], ["4", "64", "1024"])


class Config(unittest.TestCase):
    """Only the kernel of make bench lacks debug options and the drivers of make demo."""

    def options(self, extra):
        newest = mock.Mock(newest=True)
        newest.name = "7.3"
        with mock.patch.object(kernels, "has_suite", lambda tree: True):
            files = kernels.fragments(newest, ARCH, extra)
        return "".join(f.read_text() for f in files)

    def test_bench(self):
        text = self.options(kernels.BENCH)
        for option in ("DEBUG_ATOMIC_SLEEP", "DEBUG_VM", "DETECT_HUNG_TASK", "DMA_API_DEBUG",
                       "DRM"):
            self.assertNotIn(f"CONFIG_{option}=y\n", text)
        # A kprobe counts the calls of Xen.
        self.assertIn("CONFIG_KPROBES=y\n", text)
        self.assertIn("CONFIG_KUNIT=y\n", text)

    def test_others(self):
        for extra in ("", "guest"):
            text = self.options(extra)
            for option in ("DEBUG_ATOMIC_SLEEP", "DEBUG_VM", "DMA_API_DEBUG", "DRM"):
                self.assertIn(f"CONFIG_{option}=y\n", text)


class Measured(unittest.TestCase):
    @later("bench", 25)
    def test_newest(self):
        done = make("bench", "TREE=newest")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"the two differ by 0\.\d+% at most")
        with open(BUILD / "measured/cost.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        self.assertGreater(len(rows), 60)
        self.assertEqual({row["grants"] for row in rows},
                         {"0", "1", "100", "1000", "10000", "10000 of RAM"})
        # One barrier for all of a scatterlist; dma-direct has another at the unmap.
        (barriers,) = (row["barriers"].split("/") for row in rows if row["op"] == "sg" and
                       row["KiB"] == "256" and row["dir"] == "to" and row["grants"] == "0")
        _stock, _rfc, series, speed, bare = map(int, barriers)
        self.assertGreater(series, 64)
        self.assertEqual((speed, bare), (1, 2))
        # The rows of the profile have a function of each kernel.
        with open(BUILD / "measured/profile.csv", encoding="utf-8") as file:
            functions = list(csv.DictReader(line for line in file if not line.startswith("#")))
        for grants in ("0", "10000"):
            (total,) = (f for f in functions if (f["grants"], f["function"]) == (grants, "all"))
            for kernel in ("stock", "series", "speed", "no Xen"):
                self.assertGreater(int(total[kernel]), 300, kernel)
        plotted = [line for line in done.stdout.splitlines() if line.endswith(".svg")]
        self.assertEqual([pathlib.Path(path).parent for path in plotted],
                         [BUILD / "measured"] * 2)
        for path in plotted:
            self.assertTrue(re.search(r"<svg", pathlib.Path(path).read_text()), path)
