# SPDX-License-Identifier: GPL-2.0
"""Verdicts: each way that a run can end has its own."""

import unittest

from xendma.results import ktap

GOOD = """(XEN) Xen version 4.20
Linux version 7.3.4
TAP version 13
1..3
# Starting 3 tests from 3 test cases.
#  RUN           device.plain.properties ...
#            OK  device.plain.properties
ok 1 device.plain.properties
#  RUN           control.unaligned ...
#      SKIP      not here
#            OK  control.unaligned
ok 2 control.unaligned # SKIP not here
#  RUN           buffer.page.mmap_pfn ...
#            OK  buffer.page.mmap_pfn
ok 3 buffer.page.mmap_pfn
# Totals: pass:2 fail:0 xfail:0 xpass:0 skip:1 error:0
reboot: Power down
(XEN) Hardware Dom0 halted: halting machine
"""


class Judge(unittest.TestCase):
    def check(self, log, want, timed_out=False):
        got, detail = ktap.classify(log, timed_out)
        self.assertEqual(got, want, detail)

    def test_passed(self):
        self.check(GOOD, ktap.PASSED)

    def test_failed(self):
        self.check(GOOD.replace("ok 3", "not ok 3").replace("pass:2 fail:0", "pass:1 fail:1"),
                   ktap.FAILED)

    def test_count_that_does_not_agree(self):
        self.check(GOOD.replace("ok 3", "not ok 3"), ktap.FAILED)

    def test_panic(self):
        self.check(GOOD.replace("reboot:", "Kernel panic - not syncing: x\nreboot:"),
                   ktap.PANIC)

    def test_oops_after_all_tests_passed(self):
        self.check(GOOD + "Internal error: Oops: 96000004 [#1] SMP\n", ktap.PANIC)

    def test_warning(self):
        self.check(GOOD.replace("TAP", "WARNING: CPU: 0 PID: 1 at mm/x.c:1\nTAP"),
                   ktap.PANIC)

    def test_reports_of_lockdep_and_rcu(self):
        for line in ("WARNING: possible circular locking dependency detected",
                     "WARNING: inconsistent lock state", "[ BUG: Invalid wait context ]",
                     "WARNING: suspicious RCU usage", "INFO: trying to register non-static key.",
                     "BUG: sleeping function called from invalid context at mm/x.c:1",
                     "rcu: INFO: rcu_sched self-detected stall on CPU",
                     "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:",
                     "rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: {"):
            self.check(GOOD.replace("TAP", f"{line}\nTAP"), ktap.PANIC)

    def test_command_line_is_no_oops(self):
        self.check(GOOD.replace("TAP", "Kernel command line: panic=-1 panic_on_oops=1\nTAP"),
                   ktap.PASSED)

    def test_xen_crash(self):
        self.check("(XEN) Panic on CPU 0:\n(XEN) Could not construct dom0\n", ktap.XEN_CRASH)

    def test_ended_early(self):
        self.check(GOOD.split("ok 3")[0], ktap.EARLY)
        self.check("(XEN) Xen version 4.20\n", ktap.EARLY)
        self.check("", ktap.EARLY)

    def test_last_line_is_missing(self):
        self.check(GOOD.replace("# Totals:", "# Total"), ktap.EARLY)

    def test_a_result_is_missing(self):
        self.check(GOOD.replace("ok 3 buffer.page.mmap_pfn\n", ""), ktap.EARLY)

    def test_a_result_comes_twice(self):
        self.check(GOOD.replace("ok 3 buffer.page.mmap_pfn", "ok 3 device.plain.properties"),
                   ktap.EARLY)

    def test_a_result_is_torn(self):
        """The name of the result is not that of the test that has begun."""
        self.check(GOOD.replace("ok 3 buffer.page.mmap_pfn", "ok 3 buffer.pa\nge.mmap_pfn"),
                   ktap.EARLY)

    def test_totals_that_do_not_agree(self):
        """More or fewer tests than planned, or an error that no result shows."""
        for old, new in (("pass:2", "pass:3"), ("skip:1", "skip:0"), ("error:0", "error:1")):
            self.check(GOOD.replace(old, new), ktap.FAILED)

    def test_line_of_xen_in_the_middle_of_another(self):
        """Xen ends its line itself; the rest of the other line follows."""
        line = "(XEN) d0v0: vGICD: unhandled word write\n"
        for old in ("1..3", "ok 1 device.plain.properties", "ok 3 buffer.page.mmap_pfn",
                    "# Totals: pass:2"):
            for at in range(len(old) + 1):
                for lines in (line, line * 2):
                    log = GOOD.replace(old, old[:at] + lines + old[at:])
                    self.check(log, ktap.PASSED)
                    self.assertEqual(ktap.comments(log), ktap.comments(GOOD))
        self.check(GOOD.replace("3 buffer", "3 buffe(XEN) Panic on CPU 0:\nr"), ktap.XEN_CRASH)

    def test_line_of_the_kernel_in_the_middle_of_another(self):
        """A kernel logs whole lines; a torn line is no result."""
        noise = "random: crng init done\n"
        self.check(GOOD.replace("ok 3", f"{noise}\nok 3"), ktap.PASSED)
        result = "ok 3 buffer.page.mmap_pfn"
        for at in range(1, len(result)):
            for between in (noise, "\n" + noise):
                self.check(GOOD.replace(result, result[:at] + between + result[at:]),
                           ktap.EARLY)

    def test_comments(self):
        """Leave out the lines of the harness itself: they give no cause."""
        log = GOOD.replace("#            OK  buffer.page.mmap_pfn\nok 3", """# page 0: mapped PFN 1
# mmap_pfn: Test failed
#          FAIL  buffer.page.mmap_pfn
not ok 3""")
        self.assertEqual(ktap.comments(log), {
            "device.plain.properties": "", "control.unaligned": "SKIP      not here",
            "buffer.page.mmap_pfn": "page 0: mapped PFN 1"})

    def test_timed_out(self):
        self.check(GOOD.split("ok 3")[0], ktap.TIMEOUT, timed_out=True)
        self.check(GOOD, ktap.TIMEOUT, timed_out=True)

    def test_no_plan(self):
        self.check(GOOD.replace("1..3\n", ""), ktap.NO_PLAN)
