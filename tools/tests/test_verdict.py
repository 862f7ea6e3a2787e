# SPDX-License-Identifier: GPL-2.0
"""Each way that a run can end has a verdict of its own."""

import unittest

from xendma import report, verdict
from xendma.dom0 import Run

GOOD = """(XEN) Xen version 4.20
Linux version 7.3.4
KTAP version 1
1..3
ok 1 env.plain
# not here
ok 2 control.unaligned # SKIP
ok 3 page.mmap_pfn
# xen-dma-test complete: pass:2 fail:0 skip:1
reboot: Power down
(XEN) Hardware Dom0 halted: halting machine
"""


class Judge(unittest.TestCase):
    def check(self, log, want, timed_out=False):
        got, detail = verdict.judge(log, timed_out)
        self.assertEqual(got, want, detail)

    def test_passed(self):
        self.check(GOOD, verdict.PASSED)

    def test_failed(self):
        self.check(GOOD.replace("ok 3", "not ok 3").replace("pass:2 fail:0", "pass:1 fail:1"),
                   verdict.FAILED)

    def test_count_that_does_not_agree(self):
        self.check(GOOD.replace("ok 3", "not ok 3"), verdict.FAILED)

    def test_panic(self):
        self.check(GOOD.replace("reboot:", "Kernel panic - not syncing: x\nreboot:"),
                   verdict.PANIC)

    def test_oops_after_all_tests_passed(self):
        self.check(GOOD + "Internal error: Oops: 96000004 [#1] SMP\n", verdict.PANIC)

    def test_warning(self):
        self.check(GOOD.replace("KTAP", "WARNING: CPU: 0 PID: 1 at mm/x.c:1\nKTAP"),
                   verdict.PANIC)

    def test_command_line_is_no_oops(self):
        self.check(GOOD.replace("KTAP", "Kernel command line: panic=-1 panic_on_oops=1\nKTAP"),
                   verdict.PASSED)

    def test_xen_crash(self):
        self.check("(XEN) Panic on CPU 0:\n(XEN) Could not construct dom0\n", verdict.XEN_CRASH)

    def test_ended_early(self):
        self.check(GOOD.split("ok 3")[0], verdict.EARLY)
        self.check("(XEN) Xen version 4.20\n", verdict.EARLY)
        self.check("", verdict.EARLY)

    def test_last_line_is_missing(self):
        self.check(GOOD.replace("# xen-dma-test complete", "# xen-dma-test"), verdict.EARLY)

    def test_a_result_is_missing(self):
        self.check(GOOD.replace("ok 3 page.mmap_pfn\n", ""), verdict.EARLY)

    def test_a_result_comes_twice(self):
        self.check(GOOD.replace("ok 3 page.mmap_pfn", "ok 3 env.plain"), verdict.EARLY)

    def test_timed_out(self):
        self.check(GOOD.split("ok 3")[0], verdict.TIMEOUT, timed_out=True)
        self.check(GOOD, verdict.TIMEOUT, timed_out=True)

    def test_no_plan(self):
        self.check(GOOD.replace("1..3\n", ""), verdict.NO_PLAN)


class Control(unittest.TestCase):
    """The negative control bites in both directions."""

    def run_of(self, variant, **tests):
        due = [p.replace("*", "") for p, _, _ in report.control()]
        said = {p.replace("*", ""): s for p, s, _ in report.control()}
        example = {
            "mmap_pfn": "page 0: mapped PFN 0xfe0 (address size fault, level 3), DMA address has PFN 0x7a",
            "mmap_each_page": "page 0: mapped PFN 0xfe0 (address size fault, level 3), DMA address has PFN 0x7a",
            "get_sgtable": "scatterlist at phys 0xfe00, DMA address at phys 0x7a00",
            "mmap_memory_type": "page 0: address size fault, level 3",
            "unmapped_is_gone": "not mapped to begin with"}
        applied = ["0001-xen-swiotlb-mmap", "0002-xen-swiotlb-get_sgtable"][:2 * variant]
        r = Run("7.3", "7.3.4", "4.20", ("stock", "patched")[variant], applied, None)
        for name in due:
            text = "scatterlist at phys 0x70000000 for a frame without struct page" \
                if name.startswith("onchip") else \
                example.get(name.split(".")[1], "killed by signal 9 (Killed)")
            r.tests[name] = ("PASS", "") if variant else ("FAIL", text)
            self.assertRegex(text, said[name])
        r.tests["page.mmap_pfn"] = ("PASS", "")
        r.tests |= tests.get("tests", {})
        failed = any(s == "FAIL" for s, _ in r.tests.values())
        r.verdict = verdict.FAILED if failed else verdict.PASSED
        return r

    def test_as_it_must_be(self):
        self.assertEqual(report.wrong(self.run_of(0)), [])
        self.assertEqual(report.wrong(self.run_of(1)), [])

    def test_stock_passes_what_must_fail(self):
        r = self.run_of(0, tests={"no_mapping.mmap_pfn": ("PASS", "")})
        self.assertIn("must fail without its patch", report.wrong(r)[0])

    def test_stock_fails_otherwise(self):
        r = self.run_of(0, tests={"no_mapping.mmap_pfn": ("FAIL", "no such file")})
        self.assertIn("fails otherwise than named", report.wrong(r)[0])

    def test_stock_fails_more(self):
        r = self.run_of(0, tests={"page.mmap_pfn": ("FAIL", "x")})
        self.assertEqual(report.wrong(r), ["page.mmap_pfn: x"])

    def test_stock_fails_nothing(self):
        r = self.run_of(0)
        r.tests = {name: ("PASS", "") for name in r.tests}
        r.verdict = verdict.PASSED
        self.assertIn("some tests must fail", report.wrong(r)[0])

    def test_control_that_no_test_has(self):
        r = self.run_of(0)
        del r.tests["onchip_pool.get_sgtable"]
        self.assertIn("onchip_pool.get_sgtable: no such test ran", report.wrong(r))

    def test_patched_fails(self):
        r = self.run_of(1, tests={"page.mmap_pfn": ("FAIL", "x")})
        self.assertEqual(len(report.wrong(r)), 2)

    def test_patched_skips(self):
        r = self.run_of(1, tests={"control.unaligned": ("SKIP", "")})
        self.assertEqual(report.wrong(r), [])
        for name in ("page.mmap_pfn", "no_mapping.mmap_pfn"):
            r = self.run_of(1, tests={name: ("SKIP", "no memory")})
            self.assertEqual(report.wrong(r), [f"{name}: skipped: no memory"])

    def test_one_patch_of_two(self):
        """It mends what it says, and the rest still fails."""
        r = self.run_of(0)
        r.applied = ["0001-xen-swiotlb-mmap"]
        self.assertIn("no_mapping.mmap_pfn", " ".join(report.wrong(r)))
        for name in r.tests:
            if "sgtable" not in name:
                r.tests[name] = ("PASS", "")
        self.assertEqual(report.wrong(r), [])

    def test_patched_panics(self):
        r = self.run_of(1)
        r.verdict, r.detail = verdict.PANIC, "Kernel panic"
        self.assertEqual(report.wrong(r), ["panic or oops: Kernel panic"])
