# SPDX-License-Identifier: GPL-2.0
"""Drivers of the kernel in a dom0: displays, and remote processors."""

import struct
import unittest
import zlib

from xendma import clients, kernel, picture, report

from .support import Case, make

PICTURES = {"display-pool", "display-plain", "prime_from_pool", "prime_to_pool"}


def pixels(path):
    """(width, height, the rows) of a PNG as picture.png() makes it."""
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
        run, wrong = clients.run("newest", xen, variant)
        self.assertEqual(wrong + report.wrong(run), [], report.summary(run))
        self.assertEqual({p.stem for p in run.home.glob("*.png")}, PICTURES)
        return run

    def test_stock(self):
        run = self.check("4.20", kernel.STOCK)
        self.assertEqual(run.tests["remote_static.echo"][0], "FAIL")

    def test_patched(self):
        run = self.check("4.20", kernel.PATCHED)
        for name in PICTURES:
            width, height, rows = pixels(run.home / f"{name}.png")
            self.assertEqual((width, height, len(rows)), (640, 480, 480))
        # The bars begin elsewhere in each.
        firsts = {pixels(run.home / f"{name}.png")[2][100][60:63] for name in PICTURES}
        self.assertEqual(firsts, {b"\0\0\0", b"\0\xff\xff", b"\0\0\xff", b"\0\xff\0"})


class Picture(Case):
    """A display that reads something else is noticed."""

    def monitor(self, address, byte):
        registers = bytearray(0x1000)
        struct.pack_into("<I", registers, picture.BUF0_ADDR, address)

        class Fake:
            def memory(self, at, size):
                return bytes(registers) if size == 0x1000 else byte * size
        return Fake()

    def line(self, byte):
        crc = zlib.crc32(byte * picture.WIDTH * picture.HEIGHT * 4)
        return f"# picture x of display-pool, crc32 {crc:08x}\n"

    def test_as_painted(self):
        self.assertIsNone(clients.answer(self.line(b"\1"), self.monitor(64, b"\1"), self.tmp))
        self.assertEqual(pixels(self.tmp / "x.png")[2][0], b"\1" * 640 * 3)

    def test_something_else(self):
        self.assertIn("x: display-pool reads something else", clients.answer(
            self.line(b"\1"), self.monitor(64, b"\2"), self.tmp))

    def test_display_that_was_given_nothing(self):
        self.assertIn("display-pool was not given a frame buffer", clients.answer(
            self.line(b"\1"), self.monitor(0, b"\1"), self.tmp))

    def test_colours(self):
        """In memory they are blue, green, red, and a byte of nothing."""
        (self.tmp / "x").mkdir()
        fake = self.monitor(64, b"\1\2\3\0")
        fake.memory = lambda at, size: (b"\1\2\3\0" * size)[:size] if size != 0x1000 else \
            self.monitor(64, b"").memory(at, size)
        picture.take(fake, "display-pool", self.tmp / "x.png")
        self.assertEqual(pixels(self.tmp / "x.png")[2][7][:6], b"\3\2\1\3\2\1")

    def test_unknown_xen(self):
        self.assert_stops(make("demo", "XEN=3.0"), "XEN=3.0 is unknown for arm64")
