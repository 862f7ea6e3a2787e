# SPDX-License-Identifier: GPL-2.0
"""Frames of another domain on x86: none in a mapping of dom0, and faults are found."""

import re
import unittest

from xendma.sources import debian, toolstack
from xendma.results import ktap, report
from xendma.rig.variant import PATCHED, STOCK
from xendma.runs import frames, kernels

from .support import RIG, Case, later

PATTERN = re.compile(r"uint64_t inverse = (0x[0-9a-f]{16});")


class Toolstack(Case):
    def test_packages(self):
        """xl of x86 has the suites of the hypervisor, and packages of amd64."""
        sections = toolstack.sections("4.20", frames.ARCH)
        self.assertIn("toolstack-x86_64 4.20:xen-utils-4.20", sections)
        hypervisor = debian.entry("xen-x86_64 4.20")
        for section in sections:
            self.assertEqual(debian.entry(section).arch, "amd64")
            self.assertEqual(debian.entry(section).suites, hypervisor.suites)

    def test_libraries(self):
        for arch, triplet in toolstack.TRIPLETS.items():
            place = self.tmp / arch / "usr/lib" / triplet
            place.mkdir(parents=True)
            (place / "liba.so.1").touch()
            found = toolstack.libraries(self.tmp / arch, arch)
            self.assertEqual([p.name for p in found], ["liba.so.1"])


class Files(unittest.TestCase):
    def test_kernel(self):
        """The kernel has the options for xl; the usual kernel of x86 does not."""
        tree = frames.trees.get("newest")
        names = [p.name for p in kernels.fragments(tree, frames.ARCH, kernels.GUEST)]
        self.assertIn("config.guest.x86_64", names)
        self.assertNotIn("config.guest.x86_64",
                         [p.name for p in kernels.fragments(tree, frames.ARCH)])

    def test_pattern_is_in_no_program(self):
        """dom0 has the files of the programs in its memory."""
        (inverse,) = PATTERN.findall((frames.PLACE / "pattern.h").read_text())
        word = (~int(inverse, 16) % 2**64).to_bytes(8, "little")
        for path in frames.programs().values():
            data = path.read_bytes()
            self.assertNotIn(word, data)
            self.assertIn(int(inverse, 16).to_bytes(8, "little"), data)


@RIG
class Boot(unittest.TestCase):
    def check(self, variant):
        run = frames.run("4.20", variant)
        self.assertEqual(report.unexpected(run), [], report.summary(run))
        self.assertEqual({name for name, (status, _) in run.tests.items() if status == "PASS"}, {
            "env.dom0", "env.other_domain", "control.mapped", "control.device_reads",
            "control.raw_frame", "random.calls", "random.other_domain", "last.device_writes"})
        console = (run.home / "console.log").read_text()
        ((calls, pages),) = re.findall(r"# (\d+) calls, (\d+) pages read, seed 1\b", console)
        self.assertGreater(int(calls), 500)
        self.assertGreater(int(pages), 10000)

    @later("harden", 12)
    def test_stock(self):
        self.check(STOCK)

    @later("harden", 12)
    def test_patched(self):
        self.check(PATCHED)

    @later("harden", 12)
    def test_faults_are_found(self):
        """Machine frames as PFNs, and a sync that copies nothing, show wrong pages."""
        for variant in frames.FAULTS:
            run = frames.run("4.20", variant)
            self.assertEqual(run.verdict, ktap.FAILED, run.detail)
            self.assertEqual({name for name, (status, _) in run.tests.items()
                              if status == "FAIL"}, {"random.calls"})
            self.assertIn("wrong pages", run.tests["random.calls"][1])
