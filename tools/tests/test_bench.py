# SPDX-License-Identifier: GPL-2.0
"""The tables, the limits and the plots of make bench."""

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

CONSOLE = """
# cost,map,RAM,no pool,4,to,0,{few},452.0,0\r
# cost,map,RAM,no pool,4,to,0,64,453.0,0\r
# costs complete\r
"""
FOREIGN = ("map", "foreign", "no pool", "4", "to")


def costs(noise=0.0, part="speed", **change):
    """Return Costs within all limits; change -- {kernel_what: instructions}."""
    of = {"stock": 1.0, "RFC": 1.0, "series": 0.95, "speed": 0.85, "no Xen": 0.84}
    if part != "speed":
        del of["speed"]
    found = bench.Costs(mock.Mock())
    for name, factor in of.items():
        counts = {}
        for op, kib, direction in limits.RATIOS:
            for n in limits.GRANTS if name != bench.BARE else "0":
                counts[limits.case_of(op, kib, direction, n)] = (1000 * factor, 0)
        for memory, device, cost in (("RAM", "coherent", 500), ("static pool", "owner", 540)):
            counts["map", memory, device, "4", "to", "0", "few"] = (cost * factor, 0)
        if name != bench.BARE:
            for n in ("100", "10000"):
                counts[*FOREIGN, n, "few"] = (2000 * factor, 1)
        found.counts[name] = counts
    for what, (cost, calls) in change.items():
        name, case = what.split("_", 1)
        case = {"to": limits.case_of("map", "4", "to"),
                "many": limits.case_of("map", "4", "to", "10000"),
                "large": limits.case_of("map", "64", "from"),
                "list": limits.case_of("sg", "256", "to"),
                "owner": ("map", "static pool", "owner", "4", "to", "0", "few"),
                "foreign": (*FOREIGN, "10000", "few")}[case]
        found.counts[name][case] = (cost, calls)
    found.again = {name: {case: (cost + noise, n) for case, (cost, n) in counts.items()}
                   for name, counts in found.counts.items()}
    found.traces = {name: profile.Profile({}, {}) for name in of}
    return found


class Limits(unittest.TestCase):
    """make bench reports each cost above a limit in one line."""

    def unexpected(self, noise=0.0, part="speed", **change):
        parts = [mock.Mock(part="next"), mock.Mock(part=part)]
        with mock.patch.object(selection, "patches_for", lambda tree: parts):
            return limits.unexpected(costs(noise, part, **change))

    def test_right(self):
        self.assertEqual(self.unexpected(), [])
        self.assertEqual(self.unexpected(part="next"), [])

    def test_ram_of_the_series(self):
        (line,) = self.unexpected(series_to=(1001, 0))
        self.assertEqual(line, "series, map, RAM, no pool, 4, to, 0, few: 1001, on stock 1000")

    def test_regions(self):
        """With more regions, only the part speed must not cost more than stock."""
        more = (*limits.case_of("map", "4", "to")[:-1], bench.MANY)
        parts = [mock.Mock(part="next"), mock.Mock(part="speed")]
        for kernel, number in (("series", 0), ("speed", 1)):
            found = costs()
            for name in found.counts:
                found.counts[name][more] = found.again[name][more] = (
                    1050 if name == kernel else 1000, 0)
            with mock.patch.object(selection, "patches_for", lambda tree: parts):
                self.assertEqual(len(limits.unexpected(found)), number, kernel)

    def test_allocation(self):
        """An allocation has its own noise."""
        case = ("alloc", "RAM", "no pool", "4", "to", "0", "few")
        parts = [mock.Mock(part="next"), mock.Mock(part="speed")]
        for again, number in ((4060, 0), (4100, 1)):
            found = costs()
            for name in found.counts:
                found.counts[name][case], found.again[name][case] = (4000, 0), (again, 0)
            with mock.patch.object(selection, "patches_for", lambda tree: parts):
                self.assertEqual(len(limits.unexpected(found)), number, again)

    def test_noise(self):
        """Allow the series the difference of two measurements, up to a limit."""
        self.assertEqual(self.unexpected(noise=1, series_to=(1001, 0)), [])
        self.assertEqual(len(self.unexpected(noise=1, series_to=(1004, 0))), 1)
        self.assertRegex(self.unexpected(noise=6)[0], r"two measurements differ by 1\.\d+%")

    def test_small(self):
        self.assertEqual(self.unexpected(speed_to=(924, 0), speed_many=(924, 0)), [])
        (line,) = self.unexpected(speed_to=(925, 0), speed_many=(925, 0))
        self.assertEqual(line, "speed, map of 4 KiB, to device: 925, without Xen 840, "
                               "allowed 1.10 times as much")

    def test_large(self):
        (line,) = self.unexpected(speed_large=(858, 0))
        self.assertIn("speed, map of 64 KiB, from device: 858, without Xen 840, allowed 1.02",
                      line)

    def test_list(self):
        lines = self.unexpected(speed_list=(883, 0))
        self.assertIn("speed, sg of 256 KiB, to device: 883", lines[0])

    def test_grants(self):
        (line,) = self.unexpected(speed_many=(860, 0))
        self.assertEqual(line, "speed, map of 4 KiB, to device: 850 without a grant, 860 with "
                               "10000")

    def test_own_pool(self):
        self.assertEqual(self.unexpected(speed_owner=(425 + limits.OWN, 0)), [])
        (line,) = self.unexpected(speed_owner=(425 + limits.OWN + 1, 0))
        self.assertIn("486, a coherent device 425, allowed 60 more", line)
        (line,) = self.unexpected(speed_owner=(400, 1))
        self.assertIn("1 hypercalls, expected none", line)

    def test_own_pool_without_speed(self):
        """There the limit is another, and stock is one, too."""
        self.assertEqual(self.unexpected(part="next", series_owner=(535, 0)), [])
        lines = self.unexpected(part="next", series_owner=(475 + limits.OWN_BEFORE + 1, 0))
        self.assertEqual(len(lines), 2)
        self.assertIn("and 540 on stock", lines[1])

    def test_foreign(self):
        (line,) = self.unexpected(speed_foreign=(1901, 1), series_foreign=(1910, 1))
        self.assertIn("1901 with 10000, allowed 100 more", line)
        (line,) = self.unexpected(speed_foreign=(1750, 1), series_foreign=(1740, 1))
        self.assertIn("1750, and 1740 before", line)


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
        self.assertIsNone(found.cost("no Xen", (*FOREIGN, "100", "few")))
        body = {row[:6]: row for row in map(tuple, bench.rows(found))}
        self.assertEqual(body[*FOREIGN, "100"][7:12], ("2000", "2000", "1900", "1700", "-"))
        self.assertEqual(body[*FOREIGN, "100"][12], "1/1/1/1")

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
        self.assertEqual(len(body), len(limits.RATIOS))
        self.assertEqual(dict(zip(head, body[0])), {
            "local memory": "4 KiB, to device", "series": "950", "speed": "850",
            "series, 10,000": "950", "speed, 10,000": "850", "no Xen": "840", "ratio": "1.01"})

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
        for name in ("short", "speed", "profile"):
            for line in tables.table(name)[0].splitlines():
                self.assertLessEqual(len(line), 73, line)

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
        # One barrier for a scatterlist, as without Xen.
        (barriers,) = (row["barriers"].split("/") for row in rows if row["op"] == "sg" and
                       row["KiB"] == "256" and row["dir"] == "to" and row["grants"] == "0")
        self.assertGreater(int(barriers[2]), 64)
        self.assertEqual(barriers[3], "1")
        plotted = [line for line in done.stdout.splitlines() if line.endswith(".svg")]
        self.assertEqual(len(plotted), 2)
        for path in plotted:
            self.assertTrue(re.search(r"<svg", pathlib.Path(path).read_text()), path)
