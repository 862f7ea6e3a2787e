# SPDX-License-Identifier: GPL-2.0
"""The instructions of an operation: names of functions, cuts of a trace, profiles."""

import unittest
from unittest import mock

from xendma.util.errors import UserError
from xendma.rig import trace as tracing
from xendma.runs import profile

from .support import Case

# The output of nm for a module: two sections begin at address 0.
NM = """
Name                  Value           Class        Type         Size             Line  Section
xdt_cookie_exit     |0000000000000000|   T  |              FUNC|0000000000000004|     |.init.text
xdt_alloc_pairs     |0000000000000000|   t  |              FUNC|000000000000007c|     |.text
xdt_map_pairs       |0000000000000194|   t  |              FUNC|000000000000009c|     |.text
xdt_init            |00000000000001b0|   t  |              FUNC|0000000000000084|     |.init.text
xdt_bench_begin     |00000000000003a4|   T  |              FUNC|0000000000000004|     |.text
printk              |                |   U  |            NOTYPE|                |     |*UND*
"""
MAP = """\
ffff800080000000 T _text
ffff800080001000 T __pi_dcache_clean_poc
ffff800080001000 T dcache_clean_poc
ffff800080002000 D jiffies
"""
BASE = 0xffff800078560000	# of the module's text


class Names(Case):
    def symbols(self):
        (self.tmp / "System.map").write_text(MAP)
        with mock.patch.object(tracing, "run_program", lambda *_: NM):
            return tracing.Symbols(self.tmp / "System.map", self.tmp / "module.ko", BASE)

    def test_module(self):
        """Only the section .text is at the address that the module prints."""
        symbols = self.symbols()
        self.assertEqual(symbols.name(BASE), "xdt_alloc_pairs")
        self.assertEqual(symbols.name(BASE + 0x1b0), "xdt_map_pairs")
        self.assertEqual(symbols.by_name["xdt_bench_begin"], BASE + 0x3a4)

    def test_kernel_and_xen(self):
        symbols = self.symbols()
        self.assertEqual(symbols.name(0xffff800080002004), "dcache_clean_poc")
        self.assertEqual(symbols.name(0xa0000258c80), "Xen")


class Stub:
    """Stands for the symbols of a kernel."""
    by_name = {"xdt_bench_begin": 100, "xdt_bench_end": 900}

    def name(self, pc):
        return {100: "xdt_bench_begin", 900: "xdt_bench_end"}.get(pc, f"f{pc // 10}")


class Trace(unittest.TestCase):
    def test_cut(self):
        executed = [5, 100, 200, 201, 210, 900, 7]
        cut = tracing.cut(executed, Stub())
        self.assertEqual(cut, [200, 201, 210])
        self.assertEqual(tracing.by_function(cut, Stub()), {"f20": 2, "f21": 1})

    def test_two_operations(self):
        for executed in ([100, 200, 900, 100, 200, 900], [200, 900], []):
            with self.assertRaisesRegex(UserError, "the trace has not one operation"):
                tracing.cut(executed, Stub())

    def test_barriers(self):
        self.assertEqual(tracing.barriers(
            [a + tracing.KERNEL for a in (1, 2, 1, 3)] + [4],
            {1 + tracing.KERNEL: "dsb sy", 2 + tracing.KERNEL: "ldr x0, [x1]", 4: "dsb sy"}), 2)


class Profile(unittest.TestCase):
    """The profile of a boot; each row is (name, addresses)."""

    NAMES = {200: "xdt_map_pairs", 300: "dma_map_phys", 400: "xa_load"}
    WHOLE = [100, 200, 300, 300, 900]
    NONE, MANY = "map,RAM,no pool,4,to,0,5", "map,RAM,no pool,4,to,10000,5"

    def read(self, traces, xen=True):
        symbols, tracer = Stub(), mock.Mock(traces=traces, assembly={300: "dsb      sy"})
        symbols.name = lambda pc: self.NAMES.get(pc) or Stub.name(symbols, pc)
        with mock.patch.object(tracing, "KERNEL", 0):	# all addresses are small here
            return profile.read(tracer, symbols, xen)

    def test_functions(self):
        """The test module is no part of the operation."""
        found = self.read({self.NONE: self.WHOLE, self.MANY: [100, 200, 300, 400, 900]})
        self.assertEqual(found.of("0"), {"dma_map_phys": 2})
        self.assertEqual(found.of("10000"), {"dma_map_phys": 1, "xa_load": 1})
        self.assertEqual(found.barriers["map", "RAM", "no pool", "4", "to", "0", "few"], 2)

    def test_without_xen(self):
        found = self.read({self.NONE: self.WHOLE}, xen=False)
        self.assertEqual(found.of("10000"), {"dma_map_phys": 2})

    def test_row_that_is_not_whole(self):
        """Such a row has no barriers; a row with a profile stops the run."""
        rows = {self.NONE: self.WHOLE, self.MANY: self.WHOLE, "sync,RAM,no pool,4,to,0,64": [300]}
        self.assertEqual({case[0] for case in self.read(rows).barriers}, {"map"})
        for name in (self.NONE, self.MANY):
            with self.assertRaisesRegex(UserError, f"{name}: the trace has not one operation"):
                self.read(rows | {name: [300]})

    def test_row_that_is_missing(self):
        for traces, xen in (({self.NONE: self.WHOLE}, True), ({self.MANY: self.WHOLE}, False)):
            with self.assertRaisesRegex(UserError, "no trace of map, RAM, no pool, 4, to, "):
                self.read(traces, xen)

    def test_table(self):
        traces = {"series": self.read({self.NONE: self.WHOLE, self.MANY: [100, 300, 400, 900]}),
                  "no Xen": self.read({self.NONE: self.WHOLE}, xen=False)}
        self.assertEqual(list(profile.rows(traces)), [
            ("grants", "function", "series", "no Xen"),
            ("10000", "dma_map_phys", "1", "2"), ("10000", "xa_load", "1", "-"),
            ("10000", "all", "2", "2"),
            ("0", "dma_map_phys", "2", "2"), ("0", "all", "2", "2")])
