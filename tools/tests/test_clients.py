# SPDX-License-Identifier: GPL-2.0
"""Drivers of the kernel in a dom0: displays, and remote processors."""

import pathlib
import struct
import unittest
import wave
import zlib
from unittest import mock

from xendma.util.archs import ARCH
from xendma.util.errors import UserError
from xendma.sources import toolstack
from xendma.results import report
from xendma.rig import screenshot
from xendma.rig.variant import CALLERS, PATCHED, STOCK
from xendma.runs import demo, devices, domains, drivers, passthrough, rate, sound, zcu102

from .support import RIG, Case, later, make

PICTURES = {"display-pool", "display-plain", "prime_from_pool", "prime_to_pool",
            "prime_from_rockchip", "modetest"}


def pixels(path):
    """Return (width, height, rows) of a PNG that screenshot.png() has made."""
    data, at, body = path.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + chunk) == struct.unpack_from(">I", data, at + 8 + length)[0]
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", chunk)
        body += chunk if kind == b"IDAT" else b""
        at += 12 + length
    rows, wide = zlib.decompress(body), width * 3 + 1
    return width, height, [rows[i + 1:i + wide] for i in range(0, len(rows), wide)]


class Boot(unittest.TestCase):
    """Stock fails as named, patched passes, and the pictures are as painted."""

    def check(self, xen, variant):
        run, wrong = drivers.run(xen, variant)
        self.assertEqual(wrong + report.unexpected(run), [], report.summary(run))
        return run

    @later("demo", 8)
    def test_stock(self):
        run = self.check("4.20", STOCK)
        for name in ("remote_static.echo", "display-rockchip.dumb_mmap",
                     "prime_pool_to_rockchip.mapped"):
            self.assertEqual(run.tests[name][0], "FAIL")

    @RIG
    def test_patched(self):
        run = self.check("4.20", PATCHED)
        self.assertEqual({p.stem for p in run.home.glob("*.png")}, PICTURES)
        for name in PICTURES:
            width, height, rows = pixels(run.home / f"{name}.png")
            self.assertEqual((width, height, len(rows)), (640, 480, 480))
        # The bars of each picture begin with another colour.
        firsts = {pixels(run.home / f"{name}.png")[2][100][60:63] for name in PICTURES}
        self.assertEqual(firsts, {bytes.fromhex(colour) for colour in (
            "000000", "00ffff", "0000ff", "00ff00", "ff00ff", "c0c0c0")})

    @later("demo", 8)
    def test_callers(self):
        """Boot with the patches for drivers that map coherent memory again, and no others."""
        run = self.check("4.20", CALLERS)
        for name in ("remote_static.echo", "remote_static.dies", "remote_dynamic.echo",
                     "remote_dynamic.dies", "remote_shifted.echo", "remote_shifted.address",
                     "prime_pool_to_rockchip.mapped", "detector.elsewhere"):
            self.assertEqual(run.tests[name][0], "PASS")
        # Only the patches for Xen mend this test.
        self.assertEqual(run.tests["display-rockchip.dumb_mmap"][0], "FAIL")

    @later("demo", 8)
    def test_without_xen(self):
        """Without Xen, the import faults as well, and the ring has physical addresses."""
        for variant, want in ((STOCK, "FAIL"), (CALLERS, "PASS")):
            run = self.check(None, variant)
            failed = {name for name, (status, _) in run.tests.items() if status == "FAIL"}
            self.assertEqual(failed, {"prime_pool_to_rockchip.mapped"} if want == "FAIL" else set())
            self.assertEqual(run.tests["remote_shifted.address"][0], "PASS")


class Others(unittest.TestCase):
    """A patched kernel passes in other domains, on another board, and with sound cards."""

    def check(self, run, faults=()):
        self.assertEqual([*faults, *report.unexpected(run)], [], report.summary(run))

    @later("demo", 15)
    def test_other_domains(self):
        self.check(*domains.run("4.20"))

    @later("demo", 15)
    def test_other_domains_of_stock(self):
        """A display of a stock kernel reads a bounce buffer in place of imported frames."""
        run, faults = domains.run("4.20", STOCK)
        self.check(run, faults)
        for name in ("share_rockchip.scattered_small", "share_plain.scattered"):
            self.assertEqual(run.tests[name][0], "FAIL")
        self.assertEqual({p.stem for p in run.home.glob("*.png")},
                         {"of_guest", "of_guest_again", "of_dead_guest"})

    @later("arm", 12)
    def test_display_of_arm(self):
        self.check(*drivers.run("4.17", arch="arm"))

    @later("x86_64", 12)
    def test_sound_of_x86_64(self):
        self.check(*sound.run("4.20"))


class Picture(Case):
    """A display that reads other data is detected."""

    def monitor(self, address, byte):
        registers = bytearray(0x1000)
        struct.pack_into("<I", registers, screenshot.BUF0_ADDR, address)

        class Fake:
            def memory(self, at, size):
                return bytes(registers) if size == 0x1000 else byte * size
        return Fake()

    def line(self, byte):
        crc = zlib.crc32(byte * screenshot.WIDTH * screenshot.HEIGHT * 4)
        return f"# picture x of display-pool, crc32 {crc:08x}\n"

    def test_as_painted(self):
        self.assertIsNone(drivers.check_picture(self.line(b"\1"), self.monitor(64, b"\1"), self.tmp))
        self.assertEqual(pixels(self.tmp / "x.png")[2][0], b"\1" * 640 * 3)

    def test_something_else(self):
        self.assertIn("x: display-pool reads something else", drivers.check_picture(
            self.line(b"\1"), self.monitor(64, b"\2"), self.tmp))

    def test_bars(self):
        """Compare the bars of Debian's modetest, and reject others."""
        colours = ("c0c0c0", "c0c000", "00c0c0", "00c000", "c000c0", "c00000", "0000c0")
        line = b"".join(bytes.fromhex(colours[x * 7 // 640])[::-1] + b"\0" for x in range(640))
        want = f"# picture modetest of display-plain, bars {' '.join(colours)}\n"
        with mock.patch.object(screenshot, "take", return_value=line * 480):
            self.assertIsNone(drivers.check_picture(want, None, self.tmp))
            self.assertIn("modetest: display-plain reads something else",
                          drivers.check_picture(want.replace("c0c000 ", "c0c001 "), None, self.tmp))

    def test_screen(self):
        """QEMU itself takes the picture of a display that it emulates."""
        class Fake:
            def call(self, command, filename):
                assert command == "screendump"
                pathlib.Path(filename).write_bytes(b"P6\n2 1\n255\n" + bytes(range(6)))
        self.assertEqual(screenshot.take(Fake(), "clcd", self.tmp / "x.png"),
                         bytes((2, 1, 0, 0, 5, 4, 3, 0)))
        self.assertEqual(pixels(self.tmp / "x.png"), (2, 1, [bytes(range(6))]))

    def test_display_that_was_given_nothing(self):
        self.assertIn("display-pool was not given a frame buffer", drivers.check_picture(
            self.line(b"\1"), self.monitor(0, b"\1"), self.tmp))

    def test_colours(self):
        """A pixel in memory is blue, green, red, and an unused byte."""
        (self.tmp / "x").mkdir()
        fake = self.monitor(64, b"\1\2\3\0")
        fake.memory = lambda at, size: (b"\1\2\3\0" * size)[:size] if size != 0x1000 else \
            self.monitor(64, b"").memory(at, size)
        screenshot.take(fake, "display-pool", self.tmp / "x.png")
        self.assertEqual(pixels(self.tmp / "x.png")[2][7][:6], b"\3\2\1\3\2\1")

    def test_unknown_xen(self):
        self.assert_stops(make("demo", "XEN=3.0"), "XEN=3.0 is unknown for arm64")


class Sound(Case):
    """A file that differs from the played sound is detected."""

    PARTS = [bytes(range(1, 241)), bytes(range(11, 251)) * 2]

    def wrong(self, *stretches):
        path = self.tmp / "sound.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(48000)
            file.writeframes(b"\0" * 400 + (b"\0" * 40).join(stretches) + b"\0" * 40)
        log = "".join(f"# sound of {len(p) // 4} frames, crc32 {zlib.crc32(p):08x}\r\n"
                      for p in self.PARTS)
        return sound.unexpected(log, path)

    def test_as_played(self):
        self.assertEqual(self.wrong(*self.PARTS), [])
        # The card began again before it was stopped.
        self.assertEqual(self.wrong(self.PARTS[0], self.PARTS[0][:40], self.PARTS[1]), [])

    def test_something_else(self):
        second = "sound.wav: part 2 of 2 is not there as it was played"
        self.assertEqual(self.wrong(self.PARTS[0], self.PARTS[1][:-4]), [second])
        self.assertEqual(self.wrong(self.PARTS[0], b"\1" + self.PARTS[1][1:]), [second])
        self.assertEqual(self.wrong(*self.PARTS[::-1]), [second])

    def test_nothing(self):
        self.assertEqual(len(self.wrong()), 2)
        self.assertEqual(sound.unexpected("", self.tmp / "none"), ["nothing was played"])

    def test_file_that_was_cut_short(self):
        (self.tmp / "sound.wav").write_bytes(b"RIFF")
        for name in ("sound.wav", "none.wav"):
            (line,) = sound.unexpected("# sound of 1 frames, crc32 00000000\r\n", self.tmp / name)
            self.assertTrue(line.startswith(f"{name}: "))


class Benchmark(Case):
    def run_of(self, name, *lines):
        home = self.tmp / name
        home.mkdir()
        (home / "console.log").write_text("\r\n".join(lines) + "\r\n")
        return mock.Mock(home=home)

    def test_ratios(self):
        """Leave out lines that only one of the two runs has."""
        stock = self.run_of("stock", "# benchmark plain, 1 threads, 2 pages: map 20, unmap 9",
                            "# benchmark plain, 4 threads, 2 pages: map 1, unmap 1")
        patched = self.run_of("patched", "# benchmark plain, 1 threads, 2 pages: map 30, unmap 2")
        self.assertEqual([line.split() for line in drivers.ratios(stock, patched).splitlines()[1:]],
                         [["plain,", "1", "threads,", "2", "pages", "1.50", "-"]])


class Toolstack(Case):
    def test_library_once_by_the_name_that_is_asked_for(self):
        lib = self.tmp / "usr/lib/aarch64-linux-gnu"
        (lib / "gconv").mkdir(parents=True)
        for name in ("liba.so.1.2", "libb.so.3", "gconv/c.so"):
            (lib / name).touch()
        (lib / "liba.so.1").symlink_to("liba.so.1.2")
        self.assertEqual({p.name for p in toolstack.libraries(self.tmp)}, {"liba.so.1", "libb.so.3"})

    def test_program_that_is_gone(self):
        with self.assertRaisesRegex(UserError, "has 0 programs xl"):
            toolstack.program(self.tmp, "xl")


class Demo(unittest.TestCase):
    """The boots of make demo, for each Xen and architecture."""

    def boots(self, xen, arch):
        names = []

        def boot(name, result):
            return mock.Mock(side_effect=lambda *a, **k: names.append(name) or result)
        with mock.patch.object(drivers, "run", boot("clients", (None, []))), \
                mock.patch.object(domains, "run", boot("guest", None)), \
                mock.patch.object(passthrough, "run", boot("domain", [(None, [])])), \
                mock.patch.object(zcu102, "run", boot("zcu102", (None, []))), \
                mock.patch.object(devices, "run", boot("devices", None)), \
                mock.patch.object(sound, "run", boot("sound", (None, []))):
            ran = demo.boots(xen, PATCHED, arch)
        self.assertEqual(len(ran), len(names))
        return names

    def test_pairs(self):
        """Each stock kernel is booted once, and without Xen on arm64 only."""
        ran = []

        def run(xen, variant, arch=ARCH):
            ran.append((xen, variant.name))
            return ran[-1], []
        with mock.patch.object(drivers, "run", run):
            for xen, arch, more in (
                    ("4.14", "arm64", [(("4.14", "stock"), ("4.14", "callers")),
                                       ((None, "stock"), (None, "callers"))]),
                    ("4.17", "arm", [])):
                pairs = [(stock, other) for (stock, _), (other, _) in demo.boot_pairs(xen, arch)]
                self.assertEqual(pairs, [((xen, "stock"), (xen, "patched")), *more])
                self.assertEqual(len(ran), len(set(ran)))
                ran.clear()

    def test_measured(self):
        """Each variant is measured once, and compared with stock."""
        variants = (STOCK, CALLERS, PATCHED)
        for xen, others, want in (("4.20", 4, [("stock", "callers"), ("stock", "patched")]),
                                  ("4.14", 3, [])):
            with mock.patch.object(demo, "boots", lambda *_: [(None, [])]), \
                    mock.patch.object(drivers, "run", lambda *_: (None, [])), \
                    mock.patch.object(devices, "run", lambda *_: None), \
                    mock.patch.object(rate, "VARIANTS", variants), \
                    mock.patch.object(rate, "run", lambda _, v: (v.name, [])):
                pairs = demo.boot_pairs(xen, ARCH)
            self.assertEqual([(stock, other) for (stock, _), (other, _) in pairs[others:]], want)

    def test_boots(self):
        self.assertEqual(self.boots("4.20", "arm64"), [
            "clients", "guest", "zcu102", "devices", "domain"])
        self.assertEqual(self.boots("4.14", "arm64"), ["clients"])
        self.assertEqual(self.boots("4.17", "arm"), ["clients"])
        self.assertEqual(self.boots("4.20", "x86_64"), ["sound"])
