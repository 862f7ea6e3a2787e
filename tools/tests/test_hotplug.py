# SPDX-License-Identifier: GPL-2.0
"""dom0's memory shrinks, grows and is hotplugged, and domains come and go, under load."""

import unittest

from xendma.results import report
from xendma.rig.variant import PATCHED, STOCK
from xendma.runs import domains, drivers, kernels, sanitize, stress

from .support import later


class Boot(unittest.TestCase):
    @later("harden", 15)
    def test_balloon(self):
        """Four CPUs map memory; no lookup is wrong, with or without the series."""
        for variant in (STOCK, PATCHED):
            boot = stress.prepare("newest", "4.20", variant, kernels.SANITIZE)
            judged = sanitize.run_boot("stress", boot)
            self.assertEqual(judged.unexpected, [], report.summary(judged.run))
            self.assertRegex(judged.run.tests["dma.balloon"][1],
                             "3 times shrunk and grown, 2 sections hotplugged, .* 0 wrong")

    @later("harden", 10)
    def test_without_hotplug(self):
        """The test fails if the balloon driver takes pages of RAM."""
        boot = stress.prepare("newest", "4.20", PATCHED, kernels.SANITIZE, "nohotplug")
        status, message = sanitize.run_boot("stress", boot).run.tests["dma.balloon"]
        self.assertEqual(status, "FAIL")
        self.assertIn("no memory was hotplugged", message)

    @later("harden", 26)
    def test_domains(self):
        """50 domains use blkback, while gntdev maps frames of another domain."""
        run, faults = drivers.photograph(domains.prepare_many("4.20", PATCHED), timeout=1500)
        self.assertEqual(faults + report.unexpected(run), [], report.summary(run))
        self.assertEqual(len(run.tests), 13)
