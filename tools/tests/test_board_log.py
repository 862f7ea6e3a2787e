# SPDX-License-Identifier: GPL-2.0
"""make board-report: logs of boards, and of other kinds."""

import json

from xendma.util.errors import UserError
from xendma.util.files import write_file
from xendma.results import board_log, board_page

from .support import Case, make

HIT = "arch_sync_dma_for_device of 0x57000000+1, called by xen_swiotlb_map_phys: no translation"
SYNC, COPY = "memory.own_static.translated", "memory.own_static.bounce"
CONTROL = f"""[{SYNC}]
symptom = arch_sync_dma_for_device of 0x[0-9a-f]+\\+1, called by xen_swiotlb_map_phys: no tr
patch = 0007-linear-map
[{COPY}]
symptom = swiotlb_tbl_map_single of 0x[0-9a-f]+\\+1
patch = 0009-no-bounce
"""
TEXTS = {SYNC: HIT, COPY: HIT.replace("arch_sync_dma_for_device", "swiotlb_tbl_map_single")}
END = "reboot: Restarting system\nNOTICE:  BL31: WARNING: firmware\n"
PANIC = ("Unable to handle kernel paging request at virtual address ffff000017000000\n"
         "CPU: 0 UID: 0 PID: 33 Comm: someone Not tainted\npc : {0}+0x70/0x22c\nCall trace:\n"
         " {0}+0x70/0x22c (P)\n {1}+0x5b8/0x5e4\n xen_swiotlb_map_phys+0xe8/0x298\n"
         "Kernel panic - not syncing: Oops: Fatal exception\n(XEN) Hardware Dom0 shutdown: "
         "rebooting machine\n")
IN_SYNC = PANIC.format("dcache_clean_poc", "arch_sync_dma_for_device")
IN_COPY = PANIC.format("__pi_memcpy_generic", "swiotlb_bounce")


def ktap_of(results):
    """Return the log of a test program; results is {test: its failure, or ""}."""
    lines = [f"1..{len(results)}"]
    for number, (name, why) in enumerate(results.items(), 1):
        lines += [f"# {why}"] * bool(why) + [f"{'not ' * bool(why)}ok {number} {name}"]
    bad = sum(map(bool, results.values()))
    return "\n".join([*lines, f"# Totals: pass:{len(results) - bad} fail:{bad} xfail:0 xpass:0 "
                      "skip:0 error:0", ""]) + END


class Log(Case):
    """The log of a kit with two dangerous tests."""

    def setUp(self):
        super().setUp()
        self.kit = self.tmp / "kit"
        names = ["0007-linear-map", "0009-no-bounce"]
        steps = [{"kernel": "stock", "only": "", "real": False},
                 {"kernel": "patched", "only": "", "real": False},
                 {"kernel": "patched", "only": f"{SYNC},{COPY}", "real": True},
                 {"kernel": "stock", "only": SYNC, "real": True},
                 {"kernel": "stock", "only": COPY, "real": True}]
        write_file(self.kit / "kit.json", json.dumps({
            "kit": "abc123", "board": "a,board", "release": "7.3.4", "tree": "7.3", "xen": "4.20",
            "series": names, "applied": {"stock": [], "patched": names}, "boots": steps}))
        write_file(self.kit / "stock-failures.ini", CONTROL)
        passed = {"a.test": "", SYNC: "", COPY: ""}
        self.boots = ["(XEN) Xen version 4.20.5\nLinux version 7.3.4 (someone@a-host)\n"
                      + ktap_of(passed | TEXTS), ktap_of(passed),
                      ktap_of({SYNC: "", COPY: ""}), IN_SYNC, IN_COPY]

    def text(self, last="xen-dma kit abc123: done\n"):
        return "".join(f"U-Boot 2023.01\nxen-dma kit abc123: boot {n} of 5: text\n{text}"
                       for n, text in enumerate(self.boots, 1)) + last

    def report(self, text=None):
        """Return (outcomes, page) of a log."""
        path = self.tmp / "capture"
        data = self.text() if text is None else text
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        log = board_log.read(path)
        kit = board_log.facts(self.kit)
        found = board_log.outcomes(log, kit, "LOG=x")
        return found, board_page.page(log, kit, found)

    def unexpected(self, pattern, text=None):
        found, page = self.report(text)
        self.assertRegex("\n".join(board_log.unexpected(found)), pattern)
        self.assertIn("result: UNEXPECTED", page)

    def stops(self, pattern, text):
        with self.assertRaisesRegex(UserError, pattern) as caught:
            self.report(text)
        self.assertNotIn("\n", str(caught.exception))

    def test_board_that_faults(self):
        found, page = self.report()
        self.assertEqual(board_log.unexpected(found), [])
        self.assertIn("result: as expected", page)
        self.assertIn("in cache maintenance in 1 of 2 boots, and in a copy in 1", page)
        self.assertIn("This CPU faults in cache maintenance", page)
        self.assertIn(" dcache_clean_poc+0x70/0x22c", page)

    def test_board_that_does_not_fault(self):
        """A report claims no fault that did not come."""
        self.boots[3] = ktap_of({SYNC: TEXTS[SYNC]})
        found, page = self.report()
        self.assertEqual(board_log.unexpected(found), [])
        self.assertIn("in cache maintenance in 0 of 2 boots", page)
        self.assertIn("proves no fault of that kind", page)
        self.assertNotIn("This CPU faults", page)

    def test_page_has_no_names(self):
        _, page = self.report()
        for name in ("someone", "a-host", str(self.tmp)):
            self.assertIn(name, self.text() + str(self.tmp))
            self.assertNotIn(name, page)

    def test_fault_of_another_kind(self):
        self.boots[3] = PANIC.format("strlen", "vsnprintf")
        self.unexpected("boot 4, stock, .*: a fault of another kind")

        for function, caller in (("__pi_memcpy_generic", "seq_write"), ("dcache_dir_open", "f")):
            self.boots[3] = PANIC.format(function, caller)
            self.unexpected("boot 4, stock, .*: a fault of another kind")

    def test_unexpected_fault_is_no_evidence(self):
        """After a fault of another kind, the page says nothing about the CPU."""
        self.boots[4] = PANIC.format("strlen", "vsnprintf")
        _, page = self.report()
        self.assertIn("Some of these boots have unexpected ends, so this page says no more", page)
        for words in ("This CPU faults", "proves no fault"):
            self.assertNotIn(words, page)

    def test_no_fault_and_no_hit(self):
        self.boots[3] = ktap_of({SYNC: ""})
        self.unexpected("boot 4, .*the detector says nothing of it: PASS")
        self.boots[3] = ktap_of({SYNC: "another reason"})
        self.unexpected("boot 4, .*the detector says nothing of it: FAIL another reason")

    def test_patched_kernel_that_panics(self):
        for number in (1, 2):
            before = self.boots[number]
            self.boots[number] = IN_SYNC
            self.unexpected(f"boot {number + 1}, patched.*panic or oops: Unable to handle")
            self.boots[number] = before

    def test_patched_test_that_did_not_run(self):
        """Each dangerous test must have a result on the patched kernel."""
        self.boots[2] = ktap_of({SYNC: ""})
        self.unexpected(f"boot 3, patched, real faults: {COPY}: did not run")
        skipped = ktap_of({SYNC: "", COPY: ""}).replace(f"ok 2 {COPY}", f"ok 2 {COPY} # SKIP why")
        self.boots[2] = skipped.replace("pass:2", "pass:1").replace("skip:0", "skip:1")
        self.unexpected(f"boot 3, patched, real faults: {COPY}: skipped")

    def test_facts_that_are_damaged(self):
        facts = json.loads((self.kit / "kit.json").read_text())
        for boots in (None, [], "text", facts["boots"][:2], [{"kernel": "stock"}] * 3,
                      [["stock"]] * 3, [facts["boots"][0] | {"kernel": "other"}] * 3):
            write_file(self.kit / "kit.json", json.dumps(facts | {"boots": boots}))
            self.stops("is no kit: it has no usable kit.json", self.text())

    def test_stock_kernel_that_panics(self):
        self.boots[0] = IN_COPY
        self.unexpected("boot 1, stock: panic or oops")

    def test_failures(self):
        self.boots[0] = ktap_of({"a.test": "", SYNC: "", COPY: TEXTS[COPY]})
        self.unexpected(f"boot 1, stock: {SYNC}: must fail without its patch")
        self.setUp()
        self.boots[1] = ktap_of({"a.test": "wrong page", SYNC: "", COPY: ""})
        self.unexpected("boot 2, patched: a.test: wrong page")

    def test_boot_that_hung(self):
        self.boots[4] = "Linux version 7.3.4\n"
        self.unexpected("boot 5, .*ended early")

    def test_serial_programs(self):
        """Time stamps, colours and carriage returns do no harm; a fault in them is found."""
        lines = self.text().splitlines()
        for stamp in ("[2026-11-27 18:50:{:02}.123] ", "{:02}:11:12 ", "[{:8}.25] ",
                      "Nov 27 {:02}:00:01 | "):
            stamped = "".join(f"{stamp.format(n % 60)}{l}\r\n" for n, l in enumerate(lines))
            found, _ = self.report(stamped.encode())
            self.assertEqual(board_log.unexpected(found), [], stamp)
        coloured = self.text().replace("ok 1", "\x1b[32mok 1\x1b[0m").encode() + b"\xff\xfe\0"
        self.assertEqual(board_log.unexpected(self.report(coloured)[0]), [])
        self.boots[1] = IN_SYNC
        self.unexpected("boot 2", "".join(f"[{n:5}] {l}\r\n" for n, l in
                                          enumerate(self.text().splitlines())))

    def test_log_that_is_cut_off(self):
        text = self.text()
        self.stops("cut off: boot 4 of 5 is missing; save the log until",
                   text[:text.index("xen-dma kit abc123: boot 4") - 1])
        self.stops("cut off in boot 5 of 5", text[:text.index(" {}+0x70".format(
            "__pi_memcpy_generic"))])
        self.stops("no log of a kit, or it is cut off before", text[:20])
        self.stops("no log of a kit", b"\x7fELF\0\0")
        self.stops("no log of a kit", "")

    def test_boot_that_is_missing(self):
        self.stops("has no boot 3 of 5: make it with 'setenv xendma_pick 3'",
                   self.text().replace("boot 3 of 5", "boat 3 of 5"))

    def test_other_kit(self):
        self.stops("is of kit fff, and .* is kit abc123", self.text().replace("abc123", "fff"))

    def test_medium_that_cannot_be_written(self):
        self.stops("U-Boot stopped: cannot write",
                   self.text("xen-dma kit abc123: cannot write x\n"))

    def test_front_door(self):
        log = self.tmp / "capture"
        log.write_text(self.text())
        done = make("board-report", f"LOG={log}", f"KIT={self.kit}", XENDMA_BUILD=self.tmp)
        self.assert_ok(done)
        self.assertIn("result: as expected", (self.tmp / "board-report/abc123.md").read_text())
        self.boots[1] = IN_SYNC
        log.write_text(self.text())
        done = make("board-report", f"LOG={log}", f"KIT={self.kit}", XENDMA_BUILD=self.tmp)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("unexpected: boot 2, patched: panic or oops", done.stdout)
        for args, words in (([], "give LOG="), ([f"LOG={self.tmp}/none"], "cannot read it"),
                            ([f"LOG={log}"], "is of kit abc123, which is not in"),
                            ([f"LOG={log}", f"KIT={self.tmp}"], "is no kit")):
            self.assert_stops(make("board-report", *args, XENDMA_BUILD=self.tmp), words)
