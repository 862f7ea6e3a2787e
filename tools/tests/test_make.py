# SPDX-License-Identifier: GPL-2.0
"""make and make dom0 at the front door: real boots, their table, their logs."""

import re
import unittest

from xendma.util.paths import BUILD, ROOT
from xendma.sources import tree

from .support import RIG, later, make


@RIG
class Make(unittest.TestCase):
    """make builds and boots both kernels, and compares them."""

    @classmethod
    def setUpClass(cls):
        cls.done = make(identity=False, progress=True)
        release = tree.get("newest").name
        cls.logs = {name: (BUILD / f"dom0/{release}-xen4.20-arm64-{name}/console.log").read_text()
                    for name in ("stock", "patched")}

    def test_expected(self):
        """make ends with 0 only if stock fails as named, and patched passes."""
        self.assertEqual(self.done.returncode, 0, self.done.stdout)
        self.assertIn(f"series: {BUILD}/series/", self.done.stdout)

    def test_table(self):
        self.assertRegex(self.done.stdout, r"(?m)^buffer\.no_mapping\*\.mmap_pfn +5 +FAILED +passed$")
        self.assertRegex(self.done.stdout, r"(?m)^memory\.own_\*\.translated +2 +FAILED +passed$")

    def test_results_have_the_table_as_printed(self):
        """Compare without page numbers and the number of other tests: a machine may skip one."""
        def plain(text):
            return [re.sub(r"\s+", " ", re.sub(r"0x[0-9a-f]+", "0x", l)).strip()
                    for l in text.splitlines()]
        table, _ = self.done.stdout.split("\n\nLinux ")
        kept = plain((ROOT / "Documentation/results.rst").read_text())
        rows = [l for l in plain(table) if not l.startswith(("others", "--"))]
        self.assertGreater(len(rows), 50)
        for row in rows:
            self.assertIn(row, kept)

    def test_real_xen_and_linux(self):
        for log in self.logs.values():
            self.assertIn("(XEN) Xen version 4.20.", log)
            self.assertIn(f"Linux version {tree.get('newest').release}", log)

    def test_controls_ran(self):
        """Each check must detect its own fault, in both kernels."""
        for log in self.logs.values():
            for name in ("wrong_page", "memory_type", "leak", "sg_leak"):
                self.assertRegex(log, rf"(?m)^ok \d+ control\.{name}\s*$")


@later("frontdoor")
class FrontDoor(unittest.TestCase):
    def test_make_dom0(self):
        done = make("dom0", "TREE=newest", "XEN=4.17", "SERIES=1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("TAP version 13", done.stdout)
        self.assertIn(": as expected\n", done.stdout)

    def test_make_dom0_stock(self):
        done = make("dom0", "TREE=newest", "SERIES=0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("not ok", done.stdout)
        self.assertIn("negative control", done.stdout)

    def test_warm_make(self):
        done = make(identity=False)
        took = float(re.search(r"done in (\d+) s", done.stderr)[1])
        self.assertLessEqual(took, 60)
