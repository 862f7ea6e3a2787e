# SPDX-License-Identifier: GPL-2.0
"""The table and the limits of make bench."""

import unittest
from unittest import mock

from xendma.util.archs import ARCH
from xendma.series import selection
from xendma.runs import bench, kernels

from .support import later, make


class Limits(unittest.TestCase):
    """make bench reports each cost above a limit in one line."""

    def unexpected(self, part="next", noise=0, calls=0, **ours):
        """ours -- instructions of the series, 900 by default; stock has 1000"""
        cases = {"ram": ("RAM", "no pool"), "coherent": ("RAM", "coherent"),
                 "owner": ("static pool", "owner")}
        counts = {"stock": {}, "series": {}}
        for name, case in cases.items():
            counts["stock"][*case, "4096", "to"] = (1000, 0)
            counts["series"][*case, "4096", "to"] = (ours.get(name, 900),
                                                     calls if name == "owner" else 0)
        again = {name: {case: (cost + noise, n) for case, (cost, n) in of.items()}
                 for name, of in counts.items()}
        with mock.patch.object(selection, "patches_for", lambda tree: [mock.Mock(part=part)]):
            return bench.unexpected(None, counts, again)

    def test_right(self):
        self.assertEqual(self.unexpected(), [])
        self.assertEqual(self.unexpected(ram=1000, coherent=1000, owner=1000), [])

    def test_ram(self):
        self.assertEqual(self.unexpected(ram=1001), ["RAM, no pool, 4096, to: 1001, on stock 1000"])
        self.assertEqual(self.unexpected(coherent=1001),
                         ["RAM, coherent, 4096, to: 1001, on stock 1000"])

    def test_noise(self):
        """Allow the series the difference of two measurements, up to a limit."""
        self.assertEqual(self.unexpected(ram=1001, noise=1), [])
        self.assertEqual(len(self.unexpected(ram=1003, noise=1)), 1)
        self.assertIn("two measurements differ by 0.67%", self.unexpected(noise=6)[0])

    def test_own_pool(self):
        self.assertEqual(self.unexpected(calls=1), ["static pool, owner, 4096, to: 1 hypercalls, "
                                                    "expected none"])
        self.assertEqual(self.unexpected(owner=900 + bench.OWN + 1),
                         [f"static pool, owner, 4096, to: {901 + bench.OWN}, a coherent device 900",
                          f"static pool, owner, 4096, to: {901 + bench.OWN}, and 1000 on stock"])

    def test_own_pool_before_the_part_next(self):
        """Xen maintains the pool before the part next, so it has no limit."""
        self.assertEqual(self.unexpected(part="fixes", calls=1, owner=5000), [])


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
    @later("bench", 15)
    def test_newest(self):
        done = make("bench", "TREE=newest")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"the two differ by 0\.\d+% at most")
        rows = [l.split() for l in done.stdout.splitlines() if l.startswith(("RAM", "static"))]
        self.assertEqual(len(rows), 20)
