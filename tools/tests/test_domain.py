# SPDX-License-Identifier: GPL-2.0
"""A direct-mapped domain with devices, alone and beside dom0."""

import pathlib
import unittest

from xendma.results import expected, report
from xendma.results.run import Run
from xendma.rig.machines import domain
from xendma.rig.variant import PATCHED, STOCK
from xendma.runs import drivers, passthrough
from xendma.sources import debian, xen_source

from .support import RIG, Case, later, make
from .test_clients import pixels

PICTURES = {"display-plain", "prime_from_rockchip", "modetest"}


class Console(unittest.TestCase):
    """The rig must tell the lines of Xen from those of the domain."""

    def test_lines(self):
        read = domain.Domain().line
        for line in ("(XEN) d1v0 Unhandled SMC/HVC: 0x84000050\n", "(XEN) Panic on CPU 0:\n",
                     "(XEN) *** Serial input to DOM1 (type\n", "ok 1 control.leak\n"):
            self.assertEqual(read(line), line)
        self.assertEqual(read("(XEN) not ok 7 a.b\n"), "not ok 7 a.b\n")
        self.assertEqual(read("(XEN) # the rest (XEN) stays\n"), "# the rest (XEN) stays\n")

    def test_keyboard(self):
        """The domain gets the keyboard; dom0 gets it when the domain has ended."""
        first = "(XEN) *** Serial input to DOM0 (type 'CTRL-a' three times to switch input)\n"
        for dom0 in (False, True):
            machine = domain.Domain(dom0=dom0)
            self.assertEqual(machine.answer(first), "\x01\x01\x01")
            self.assertIsNone(machine.answer("ok 1 a.b\n"))
            self.assertEqual(bool(machine.answer("reboot: Power down\n")), dom0)

    def test_end(self):
        alone, beside = domain.Domain(), domain.Domain(dom0=True)
        self.assertTrue(alone.ended("reboot: Power down\n"))
        self.assertFalse(beside.ended("reboot: Power down\n"))
        for machine in (alone, beside):
            self.assertTrue(machine.ended("Kernel panic - not syncing: a\n"))
            self.assertFalse(machine.ended("ok 1 a.reboot: b\n"))


class Expected(unittest.TestCase):
    def test_only_dom0_has_pools(self):
        def patterns(name):
            return {p for p, *_ in expected.failures_of(
                Run("7.3", "7.3.4", "4.20", "stock", [], [], pathlib.Path(), domain=name))}
        left = patterns("") - patterns("a domain")
        self.assertIn("memory.own_*.translated", left)
        self.assertIn("buffer.no_mapping*.mmap_pfn", patterns("a domain"))
        self.assertFalse(patterns("a domain") - patterns(""))

    def test_names(self):
        run = Run("7.3", "7.3.4", "4.17", "stock", [], [], pathlib.Path(), domain="a domain")
        self.assertEqual(run.name, "Linux 7.3.4 stock, Xen 4.17, a domain")


class FrontDoor(Case):
    def test_unknown_option(self):
        self.assert_stops(make("domain", "XEN=4.20"), "XEN= is for", "not for make domain")

    def test_source(self):
        """The section of debian.ini has no binary package."""
        about = debian.table()[f"xen-source {xen_source.VERSION}"]
        self.assertEqual(about["source"], "xen")
        self.assertNotIn("package", about)


class Boot(unittest.TestCase):
    def check(self, tree, variant):
        ran = passthrough.run(tree, variant)
        for run, faults in ran:
            self.assertEqual([*faults, *report.unexpected(run)], [], report.summary(run))
        return [run for run, _ in ran]

    @RIG
    def test_displays(self):
        """The pictures are those that the programs in the domain have painted."""
        run, faults = drivers.photograph(
            passthrough.prepare("newest", PATCHED, dom0=False, clients=True))
        self.assertEqual([*faults, *report.unexpected(run)], [], report.summary(run))
        self.assertEqual({p.stem for p in run.home.glob("*.png")}, PICTURES)
        firsts = {pixels(p)[2][100][60:63] for p in run.home.glob("*.png")}
        self.assertEqual(len(firsts), len(PICTURES))
        self.assertEqual(run.tests["display-rockchip.dumb_mmap"][0], "PASS")

    @later("demo", 4)
    def test_patched(self):
        alone, beside, _ = self.check("newest", PATCHED)
        self.assertEqual(set(alone.tests), set(beside.tests))
        self.assertGreater(len(alone.tests), 150)

    @later("demo", 4)
    def test_stock(self):
        """The process gets the wrong page and is killed, as in dom0."""
        alone, beside, displays = self.check("newest", STOCK)
        for run in (alone, beside):
            self.assertRegex(run.tests["buffer.no_mapping.mmap_pfn"][1], "mapped PFN 0xfe0000")
            self.assertRegex(run.tests["buffer.no_mapping.mmap_to_device"][1], "signal 9")
        self.assertIn("killed by signal 9", displays.tests["display-rockchip.dumb_mmap"][1])

    @later("trees", 12)
    def test_6_12(self):
        """The kernel of Debian 13 has the same fault there, and the same patches mend it."""
        self.check("6.12", STOCK)
        self.check("6.12", PATCHED)
