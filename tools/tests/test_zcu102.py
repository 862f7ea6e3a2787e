# SPDX-License-Identifier: GPL-2.0
"""A display controller that QEMU emulates, on a board of its own."""

import pathlib
import unittest

from xendma.results import report
from xendma.rig import screenshot
from xendma.rig.machines import Load, zcu102
from xendma.rig.variant import PATCHED, STOCK
from xendma.runs import zcu102 as runs
from xendma.sources import tree
from xendma.util.errors import UserError

from .support import RIG, Case, later
from .test_clients import pixels

# The first bar of each picture, as QEMU shows it.
PICTURES = {"zynqmp-dpsub": "000000", "prime_from_zynqmp": "0000ff",
            "prime_to_zynqmp": "00ff00", "prime_rockchip_to_zynqmp": "ffff00"}


class Boot(unittest.TestCase):
    def check(self, variant):
        run, faults = runs.run("4.20", variant)
        self.assertEqual([*faults, *report.unexpected(run)], [], report.summary(run))
        return run

    @RIG
    def test_patched(self):
        """QEMU's display controller reads the painted pictures by DMA."""
        run = self.check(PATCHED)
        seen = {p.stem: pixels(p) for p in run.home.glob("*.png")}
        self.assertEqual({name: rows[100][60:63].hex() for name, (_, _, rows) in seen.items()},
                         PICTURES)
        for width, height, rows in seen.values():
            self.assertEqual((width, height, len(rows)), (640, 480, 480))

    @later("demo", 4)
    def test_stock(self):
        """A buffer without kernel mapping cannot be shown."""
        run = self.check(STOCK)
        self.assertEqual(run.tests["prime_rockchip_to_zynqmp.picture"][0], "FAIL")
        self.assertFalse((run.home / "prime_rockchip_to_zynqmp.png").exists())


class Picture(Case):
    def test_red_first(self):
        """The bytes are those in memory, where this display has red first."""
        class Fake:
            def call(self, command, filename):
                assert command == "screendump"
                pathlib.Path(filename).write_bytes(b"P6\n2 1\n255\n" + bytes(range(6)))
        for display, seen in (("zynqmp-dpsub", (0, 1, 2, 0, 3, 4, 5, 0)),
                              ("clcd", (2, 1, 0, 0, 5, 4, 3, 0))):
            self.assertEqual(screenshot.take(Fake(), display, self.tmp / "x.png"), bytes(seen))


class Machine(Case):
    def test_without_xen(self):
        with self.assertRaisesRegex(UserError, "xlnx-zcu102 boots under Xen only"):
            zcu102.Zcu102().command(Load(tree.get("newest"), self.tmp, None, self.tmp, self.tmp,
                                         "", ""))
