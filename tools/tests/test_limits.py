# SPDX-License-Identifier: GPL-2.0
"""The limits of make bench: each can be exceeded, and needs its rows."""

import unittest
from unittest import mock

from xendma.util.errors import UserError
from xendma.series import selection
from xendma.runs import bench, limits, profile

PARTS = [mock.Mock(part="next"), mock.Mock(part="speed")]


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
        for case in limits.NEEDED:
            if case[2] != "no pool":
                counts[case] = ((500 if case[2] == "coherent" else 540) * factor, 0)
        if name != bench.BARE:
            for n in ("100", "10000"):
                counts[*limits.FOREIGN, n, "few"] = (2000 * factor, 1)
        found.counts[name] = counts
    for what, (cost, calls) in change.items():
        name, case = what.split("_", 1)
        case = {"to": limits.case_of("map", "4", "to"),
                "many": limits.case_of("map", "4", "to", "10000"),
                "large": limits.case_of("map", "64", "from"),
                "list": limits.case_of("sg", "256", "to"),
                "owner": ("map", "static pool", "owner", "4", "to", "0", "few"),
                "foreign": (*limits.FOREIGN, "10000", "few")}[case]
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
        more = (*limits.case_of("map", "4", "to")[:-1], profile.REGIONS)
        for kernel, number in (("series", 0), ("speed", 1)):
            found = costs()
            for name in found.counts:
                found.counts[name][more] = found.again[name][more] = (
                    1050 if name == kernel else 1000, 0)
            with mock.patch.object(selection, "patches_for", lambda tree: PARTS):
                self.assertEqual(len(limits.unexpected(found)), number, kernel)

    def test_allocation(self):
        """An allocation has its own noise."""
        case = ("alloc", "RAM", "no pool", "4", "to", "0", "few")
        for again, number in ((4060, 0), (4100, 5)):
            found = costs()
            for name in found.counts:
                found.counts[name][case], found.again[name][case] = (4000, 0), (again, 0)
            with mock.patch.object(selection, "patches_for", lambda tree: PARTS):
                self.assertEqual(len(limits.unexpected(found)), number, again)

    def test_noise(self):
        """Allow the series the difference of two measurements, up to a limit."""
        self.assertEqual(self.unexpected(noise=1, series_to=(1001, 0)), [])
        self.assertEqual(len(self.unexpected(noise=1, series_to=(1004, 0))), 1)
        self.assertRegex(self.unexpected(noise=6)[0], r"two measurements differ: \d+ and \d+, allowed 0.5%")

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

    def test_each_ratio(self):
        """Each row of RATIOS can exceed its limit, with and without grants."""
        for of, ratio in limits.RATIOS.items():
            for n in limits.GRANTS:
                found = costs()
                found.counts["speed"][limits.case_of(*of, n)] = (840 * ratio + 1, 0)
                found.again = found.counts
                with mock.patch.object(selection, "patches_for", lambda tree: PARTS):
                    self.assertIn(f"speed, {of[0]} of {of[1]} KiB, {of[2]} device: "
                                  f"{840 * ratio + 1:.0f}, without Xen 840",
                                  limits.unexpected(found)[0])

    def test_own_pool_and_stock(self):
        """The own pool costs no more than on stock, also if a coherent device costs more."""
        found = costs()
        for kernel in ("series", "speed"):
            found.counts[kernel]["map", "RAM", "coherent", "4", "to", "0", "few"] = (500, 0)
            found.counts[kernel]["map", "static pool", "owner", "4", "to", "0", "few"] = (541, 0)
        found.again = found.counts
        with mock.patch.object(selection, "patches_for", lambda tree: PARTS):
            lines = limits.unexpected(found)
        self.assertEqual(lines, [f"{kernel}, map, static pool, owner, 4, to, 0, few: 541, and "
                                 "540 on stock" for kernel in ("series", "speed")])

    def test_calls_of_the_series(self):
        (line,) = self.unexpected(series_owner=(513, 1))
        self.assertEqual(line, "series, map, static pool, owner, 4, to, 0, few: 1 hypercalls, "
                               "expected none")


class Rows(unittest.TestCase):
    """A row that is missing stops the run: its limit would not be checked."""

    def test_needed(self):
        with mock.patch.object(selection, "patches_for", lambda tree: PARTS):
            for case in limits.NEEDED:
                found = costs()
                del found.counts["stock"][case]
                with self.assertRaisesRegex(UserError, f"need the row {', '.join(case)}"):
                    limits.unexpected(found)

    def test_kernels(self):
        found = costs()
        for name in found.counts:
            bench.check_rows(found, name)
        case = limits.case_of("map", "4", "to")
        for name in ("speed", "no Xen"):
            for counts in (found.counts, found.again):
                kept = counts[name].pop(case)
                with self.assertRaisesRegex(UserError, f"{name}: the row map, RAM, no pool, 4, "
                                                       "to, 0, few is not in each"):
                    bench.check_rows(found, name)
                counts[name][case] = kept

    def test_foreign_without_xen(self):
        """A row that cannot be without Xen is wrong there."""
        found = costs()
        found.counts["no Xen"][*limits.FOREIGN, "100", "few"] = (1, 0)
        with self.assertRaisesRegex(UserError, "no Xen: the row map, foreign"):
            bench.check_rows(found, "no Xen")
