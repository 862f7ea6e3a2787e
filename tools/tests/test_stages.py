# SPDX-License-Identifier: GPL-2.0
"""Stages after make check: their order, their deadline, and the closing line."""

import subprocess
import sys
import time
from unittest import mock

from . import conftest
from .support import ROOT, Case, environment, make

JUNIT = '<testsuites><testsuite errors="0" failures="{}" skipped="2" tests="10"/></testsuites>'


def run_pytest(until, *args):
    """Run pytest with this deadline, in seconds since 1970; return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *args],
        cwd=ROOT, text=True, capture_output=True, stdin=subprocess.DEVNULL,
        env=environment(XENDMA_UNTIL=until, XENDMA_ONLY="", PYTHONPATH=f"{ROOT}/tools:{ROOT}",
                        PYTHONDONTWRITEBYTECODE=1))


class Stages(Case):
    def run_stage(self, failures, *args):
        """Run a stage without time left, after a make check with these failures."""
        (self.tmp / "check.xml").write_text(JUNIT.format(failures))
        return run_pytest(1, "tools/tests", f"--add={self.tmp}/check.xml", *args)

    def test_no_time(self):
        """Name each test that is not reached; count the tests of make check only."""
        done = self.run_stage(2, "--stage=later")
        self.assertEqual(done.stdout.splitlines()[-1], "6 passed, 2 failed, 2 skipped")
        for stage in conftest.STAGES:
            self.assertRegex(done.stdout, rf"(?m)^not reached in stage {stage}: \w+\.test_")
        self.assertNotEqual(done.returncode, 0)

    def test_some_time(self):
        """Leave a class in the middle: one of its tests runs, and another is not reached."""
        (self.tmp / "conftest.py").write_text("from tools.tests.conftest import *\n")
        for name in ("test_a", "test_b"):
            (self.tmp / f"{name}.py").write_text(
                "import unittest, pytest\n"
                "class T(unittest.TestCase):\n"
                "    @pytest.mark.later('bench', 1)\n"
                "    def test_1(self): pass\n"
                "    @pytest.mark.later('bench', 9)\n"
                "    def test_2(self): pass\n")
        done = run_pytest(time.time() + 400, "--stage=all", "-o", "addopts=", self.tmp)
        self.assertEqual(done.stdout.splitlines()[-2:],
                         ["2 not reached", "2 passed, 0 failed"])
        self.assert_ok(done)

    def test_nothing_failed(self):
        done = self.run_stage(0, "--stage=bench")
        self.assertEqual(done.stdout.splitlines()[-1], "8 passed, 0 failed, 2 skipped")
        self.assert_ok(done)

    def test_no_match(self):
        done = make("check", "ONLY=bogus")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("xen-dma: error: no test matches ONLY=bogus\n", done.stderr)

    def test_unknown_stage(self):
        self.assertIn("invalid choice: 'bogus'", self.run_stage(0, "--stage=bogus").stderr)

    def test_order(self):
        """Each stage comes first once, in as many commits as there are stages."""
        firsts = []
        for commits in range(len(conftest.STAGES)):
            with mock.patch.object(conftest.subprocess, "run") as git:
                git.return_value.stdout = f"{commits}\n"
                firsts.append(conftest.rotated()[0])
                self.assertEqual(set(conftest.rotated()), set(conftest.STAGES))
        self.assertEqual(sorted(firsts), sorted(conftest.STAGES))
