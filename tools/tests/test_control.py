# SPDX-License-Identifier: GPL-2.0
"""The negative control: tests that must fail on a stock kernel, and the patches that mend them."""

import configparser
import pathlib
import re
import tempfile
import unittest

from xendma.util.paths import ROOT
from xendma.results import expected, ktap, report
from xendma.results.run import Run
from xendma.runs import devices
from xendma.series import patch

WRONG_PAGE = "page 0: mapped PFN 0xfe0 (address size fault, level 3), DMA address has PFN 0x7a"
KILLED = "mmap_to_device: Test terminated unexpectedly by signal 9"
NO_MAP = "called by xen_swiotlb_map_phys: no translation (PAR 0x80d)"
SYNC = "514 of 514 cases; page of {0}+1, to: arch_sync_dma_for_device of {0}+1, " + NO_MAP
COPY = "128 of 128 cases; page of {0}+1, both: swiotlb_tbl_map_single of {0}+1, " + NO_MAP
BY_CPU = "642 of 642 cases; page of {}+1, to: map: 1 by the CPU, 0 by Xen (0), wanted 0, {} (0)"
EXAMPLE = {
    "buffer.no_mapping*.mmap_pfn": WRONG_PAGE,
    "buffer.no_mapping*.mmap_to_device": KILLED,
    "buffer.no_mapping*.mmap_from_device": KILLED,
    "buffer.no_mapping*.mmap_each_page": WRONG_PAGE,
    "buffer.no_mapping*.mmap_memory_type": "page 0: address size fault, level 3",
    "buffer.no_mapping*.mmap_unaligned": KILLED,
    "buffer.no_mapping*.get_sgtable": "scatterlist at phys 0xfe00, DMA address at phys 0x7a00",
    "buffer.no_mapping*.unmapped_is_gone": "not mapped to begin with",
    "xen.maintains_each_page": "4 hypercalls for 12288 bytes, 1 jumps to 0x64002800, not 4, 12288, 0, 0x64003800",
    "memory.own_*.translated": SYNC.format("0x6f000000"),
    "memory.others_*.translated": SYNC.format("0x7be00000"),
    "memory.hole*.translated": SYNC.format("0x6d000000"),
    "memory.others_*.maintenance": BY_CPU.format("0x6f000000", 1),
    "memory.hole*.maintenance": BY_CPU.format("0x6d000000", 1),
    "not_ram.device_pages.maintenance": BY_CPU.format("0x90000000", 1),
    "misuse.released_*": "arch_sync_dma_for_device of 0x6f000000+4096, " + NO_MAP,
    "not_ram.mmio*.maintenance":
    "page of 0x9000000+1, both: unmap: 0 by the CPU, 1 by Xen (-22), wanted 0, 0 (0)",
    "memory.own_*.bounce": COPY.format("0x6f000000"),
    "memory.others_*.bounce": COPY.format("0x7be00000"),
    "refused.pool_above_mask.map": COPY.format("0x6f000000"),
    "memory.hole*.bounce": COPY.format("0x6d000000"),
    "misuse.pool_outside_of_memory": "swiotlb_tbl_map_single of 0x1000000000+4096, " + NO_MAP,
    "logged.no_bounce": "swiotlb_tbl_map_single of 0x6f000000+4096, " + NO_MAP,
    "memory.own_*.maintenance": BY_CPU.format("0x6f000000", 0),
    "special.require_coherent": "0x64000000 is mapped at 0x7a080000",
    "special.alloc_pages": "page 0x6196d000, the device has 0x7a081000",
    "not_ram.mmio_at_offset.address": "both: DMA address 0x9000000 is not that of the memory",
    "special.from_device": "Xen does operation 2, wanted 1",
    "special.refusal_of_xen": "not logged: Xen refuses cache maintenance at 0x6f000000: -1",
}

BY_PIECE = "225 of 678 cases; page of {}+4095, both: map: Xen was asked for 4095 bytes with 1 " \
           "jumps, wanted 4095, 0"
# Kernels where tests fail otherwise, or others fail.
OTHERS = {
    ("6.1.192", "arm64"): {
        "buffer.no_mapping*.mmap_pfn":
        "page 0: mapped PFN 0x7e4086b (no fault), DMA address has PFN 0x61ae9",
        "buffer.no_mapping*.get_sgtable":
        "scatterlist at phys 0x7e4086c000, DMA address at phys 0x61b31000",
        "memory.own_*.translated": SYNC.format("0x6f000000").replace("to:", "both:"),
        "memory.own_*.maintenance": BY_CPU.format("0x6f000000", 1)},
    ("5.10.262", "arm64"): {
        "cookie.*.is_left_alone":
        "32768 bytes of struct pages from 0xffffffff00c00800 on are cleared",
        "memory.others_*.maintenance": BY_PIECE.format("0x6f000040"),
        "memory.hole*.maintenance": BY_PIECE.format("0x6d000040"),
        "buffer.static_pool.get_sgtable":
        "scatterlist at phys 0x4048000000, DMA address at phys 0x6f000000",
        "buffer.dynamic_pool.get_sgtable":
        "scatterlist at phys 0x4048000000, DMA address at phys 0x7be00000",
        "memory.own_*.maintenance": BY_PIECE.format("0x7be00040")},
    ("7.3.4", "arm"): {
        "buffer.no_mapping*.mmap_to_device":
        "page 0: mapped PFN 0xb711e (no fault), DMA address has PFN 0xa173d",
        "buffer.no_mapping*.mmap_from_device":
        "the process sees 4096 of 4096 bytes wrong, the first at 0: 0x00",
        "memory.hole*.maintenance": BY_PIECE.format("0xad000040"),
        "misuse.released_static": "arch_sync_dma_for_device of 0xaf000000+4096, " + NO_MAP,
        "memory.o*_static*.translated": SYNC.format("0xaf000000").replace("to:", "both:"),
        "memory.own_*.maintenance": BY_CPU.format("0xaf000000", 0).replace("to:", "both:"),
        "special.require_coherent": "0xa4000000 is mapped at 0xa1900000",
        "special.alloc_pages": "page 0xa1736000, the device has 0xa1901000",
        "not_ram.mmio_at_offset.address": "both: DMA address 0x1c090000 is not that of the memory",
        "wide.flush": "Xen was asked up to 0x23457000, wanted 0x123457000",
        "wide.sync": "arch_sync_dma_for_cpu of 0x23456000+4096, called by xen_swiotlb_sync_single_for_cpu"},
}


class Control(unittest.TestCase):
    """The negative control finds tests that fail or pass unexpectedly."""

    def run_of(self, variant, **tests):
        """Return an expected run: each pattern is a test, with an example as its message."""
        names = [p.name for p in patch.load()]
        r = Run("7.3", "7.3.4", "4.20", ("stock", "patched")[variant],
                names * variant, names, None)
        for pattern, symptom, _ in expected.expected_failures("7.3.4"):
            name = re.sub(r"\[.*?\]|\*", "", pattern)
            r.tests[name] = ("PASS", "") if variant else ("FAIL", EXAMPLE[pattern])
            self.assertRegex(EXAMPLE[pattern], symptom)
        r.tests["buffer.page.mmap_pfn"] = ("PASS", "")
        r.tests |= tests.get("tests", {})
        failed = any(s == "FAIL" for s, _ in r.tests.values())
        r.verdict = ktap.FAILED if failed else ktap.PASSED
        return r

    def test_each_has_an_example(self):
        patterns = [pattern for pattern, *_ in expected.expected_failures("7.3.4")]
        self.assertEqual(sorted(EXAMPLE), sorted(patterns))

    def test_others_fail_as_named(self):
        for (release, arch), examples in OTHERS.items():
            due = {}
            for pattern, symptom, _ in expected.expected_failures(release, arch):
                self.assertNotIn(pattern, due, f"{release} {arch}")
                due[pattern] = symptom
            for pattern, said in examples.items():
                self.assertRegex(said, due[pattern])
            if release != "7.3.4":
                self.assertFalse(set(due) & {
                    "memory.others_*.bounce", "special.from_device", "wide.sync"})

    def test_patches_that_are_named_exist(self):
        names = {p.name for p in patch.load()}
        bare = configparser.ConfigParser(interpolation=None)
        bare.read(devices.PLACE / "stock-failures-bare.ini", encoding="utf-8")
        for path in sorted((ROOT / "tools/testing/selftests").rglob("stock-failures*.ini")):
            ini = configparser.ConfigParser(interpolation=None)
            ini.read(path, encoding="utf-8")
            # No test of the work of a backend fails on stock.
            self.assertEqual(bool(ini.sections()), path.stem != "stock-failures-rate", path)
            for section in ini.sections():
                menders = ini[section]["patch"].split()
                self.assertTrue(menders, f"{path}: {section}")
                # Only what Linux cannot do without Xen, either, has no patch.
                if path.parent == devices.PLACE and menders == [expected.NO_PATCH]:
                    self.assertIn(section, bare)
                else:
                    self.assertLessEqual(set(menders), names, f"{path}: {section}")

    def test_either_of_two_patches(self):
        """Each patch mends the tests by itself, and so do both."""
        control = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "control.ini"
        control.write_text("[a.b]\nsymptom = bad\npatch = 0007-linear-map 0201-rpmsg-premapped\n")
        self.assertEqual(expected.expected_failures("7.3.4", path=control),
                         [("a.b", "bad", ["0007-linear-map", "0201-rpmsg-premapped"])])
        good, bad = ("PASS", ""), ("FAIL", "bad")
        for applied, series, fails in (
                ([], ["0007-linear-map", "0201-rpmsg-premapped"], True),
                (["0005-mmap"], ["0005-mmap", "0007-linear-map", "0201-rpmsg-premapped"], True),
                (["0007-linear-map"], ["0007-linear-map", "0201-rpmsg-premapped"], False),
                (["0201-rpmsg-premapped"], ["0007-linear-map", "0201-rpmsg-premapped"], False),
                (["0007-linear-map", "0201-rpmsg-premapped"],) * 2 + (False,),
                # A tree with one of the two patches only, and a tree with none.
                ([], ["0007-linear-map"], True), ([], ["0201-rpmsg-premapped"], True),
                ([], ["0005-mmap"], False)):
            for said in (good, bad):
                r = Run("7.3", "7.3.4", "4.20", "x", applied, series, None, control=control,
                        tests={"a.b": said},
                        verdict=ktap.FAILED if said == bad else ktap.PASSED)
                self.assertEqual(report.unexpected(r) == [], fails == (said == bad), (applied, said))
                self.assertEqual(report.want_failures(r), fails)

    def test_as_it_must_be(self):
        self.assertEqual(report.unexpected(self.run_of(0)), [])
        self.assertEqual(report.unexpected(self.run_of(1)), [])

    def test_stock_passes_what_must_fail(self):
        r = self.run_of(0, tests={"buffer.no_mapping.mmap_pfn": ("PASS", "")})
        self.assertIn("must fail without its patch", report.unexpected(r)[0])

    def test_stock_fails_otherwise(self):
        r = self.run_of(0, tests={"buffer.no_mapping.mmap_pfn": ("FAIL", "no such file")})
        self.assertIn("fails otherwise than named", report.unexpected(r)[0])

    def test_stock_fails_more(self):
        r = self.run_of(0, tests={"buffer.page.mmap_pfn": ("FAIL", "x")})
        self.assertEqual(report.unexpected(r), ["buffer.page.mmap_pfn: x"])

    def test_stock_fails_nothing(self):
        r = self.run_of(0)
        r.tests = {name: ("PASS", "") for name in r.tests}
        r.verdict = ktap.PASSED
        self.assertIn("some tests must fail", report.unexpected(r)[0])

    def test_control_that_no_test_has(self):
        r = self.run_of(0)
        del r.tests["xen.maintains_each_page"]
        self.assertIn("xen.maintains_each_page: no such test ran", report.unexpected(r))

    def test_patched_fails(self):
        r = self.run_of(1, tests={"buffer.page.mmap_pfn": ("FAIL", "x")})
        self.assertEqual(len(report.unexpected(r)), 2)

    def test_patched_skips(self):
        r = self.run_of(1, tests={"control.unaligned": ("SKIP", "")})
        self.assertEqual(report.unexpected(r), [])
        for name in ("buffer.page.mmap_pfn", "buffer.no_mapping.mmap_pfn"):
            r = self.run_of(1, tests={name: ("SKIP", "no memory")})
            self.assertEqual(report.unexpected(r), [f"{name}: skipped: no memory"])

    def test_skips_of_one_kernel(self):
        """One kernel has a pool without struct pages, on one architecture."""
        skip = {"memory.own_dynamic.maintenance": ("SKIP", "no struct pages")}
        r = self.run_of(1, tests=skip)
        self.assertEqual(report.unexpected(r), ["memory.own_dynamic.maintenance: skipped: no struct pages"])
        r.release, r.arch = "5.10.262", "arm"
        self.assertNotIn("memory.own_dynamic.maintenance: skipped: no struct pages", report.unexpected(r))

    def test_table_where_nothing_fails(self):
        """Each test is named; where some fail, the others are one row."""
        good = {"sound.playback": ("PASS", ""), "sound.capture": ("PASS", "")}
        runs = [Run("7.3", "7.3.4", "4.20", "stock", [], [], None, "x86_64", tests=good)] * 2
        self.assertIn("sound.playback  1       passed       passed", report.table(*runs))
        bad = Run("7.3", "7.3.4", "4.20", "stock", [], [], None, "x86_64",
                  tests=good | {"sound.mixer": ("FAIL", "x")})
        self.assertIn("others       2 ", report.table(bad, runs[0]))

    def test_patch_that_its_tree_does_not_need(self):
        """The tree does not have the fault that the patch mends."""
        r = self.run_of(0, tests={"not_ram.mmio.maintenance": ("PASS", "")})
        self.assertIn("not_ram.mmio.maintenance: must fail", report.unexpected(r)[0])
        r.series = [name for name in r.series if "unmap-mmio" not in name]
        self.assertEqual(report.unexpected(r), [])

    def test_one_patch_of_two(self):
        """The patch mends its own tests, and the other tests still fail."""
        r = self.run_of(0)
        r.applied = ["0005-mmap"]
        self.assertIn("buffer.no_mapping.mmap_pfn", " ".join(report.unexpected(r)))
        for name in r.tests:
            if name.startswith("buffer.no_mapping") and "sgtable" not in name:
                r.tests[name] = ("PASS", "")
        self.assertEqual(report.unexpected(r), [])

    def test_patched_panics(self):
        r = self.run_of(1)
        r.verdict, r.detail = ktap.PANIC, "Kernel panic"
        self.assertEqual(report.unexpected(r), ["panic or oops: Kernel panic"])
