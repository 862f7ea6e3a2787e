# SPDX-License-Identifier: GPL-2.0
"""Read the picture of a display as the device does, and keep it as PNG."""

import pathlib
import re
import struct
import zlib

from ..util.errors import UserError
from ..util.files import scratch_dir, write_file
from . import qmp

# Values of drivers/gpu/drm/tiny/arcpgu.c. In dom0/clients.dtsi, the registers are plain
# memory.
BUF0_ADDR = 0x40
REGISTERS = {"display-pool": 0x70100000, "display-plain": 0x70101000}
WIDTH, HEIGHT = 640, 480
# A pixel in memory is blue, green, red, and an unused byte; QEMU takes red first here.
RED_FIRST = ("zynqmp-dpsub",)


def png(width: int, height: int, rgb: bytes) -> bytes:
    """Return a picture in the PNG format, from 3 bytes a pixel."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + rgb[y * width * 3:(y + 1) * width * 3] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def screen(monitor: qmp.Monitor, display: str, to: pathlib.Path) -> bytes:
    """Save the picture of a display of QEMU as PNG; return its bytes as in memory."""
    with scratch_dir() as tmp:
        dump = pathlib.Path(tmp) / "dump"
        monitor.call("screendump", filename=str(dump))
        data = dump.read_bytes()
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not head:
        raise UserError("QEMU's monitor: screendump: the file is no picture")
    rgb = data[head.end():]
    width, height = int(head[1]), int(head[2])
    write_file(to, png(width, height, rgb))
    seen = bytearray(width * height * 4)
    for colour in range(3):
        seen[colour if display in RED_FIRST else 2 - colour::4] = rgb[colour::3]
    return bytes(seen)


def take(monitor: qmp.Monitor, display: str, to: pathlib.Path) -> bytes | None:
    """Save the picture of a display as PNG; return the bytes that it reads, or None."""
    if display not in REGISTERS:
        return screen(monitor, display, to)
    (address,) = struct.unpack_from("<I", monitor.memory(REGISTERS[display], 0x1000), BUF0_ADDR)
    if not address:
        return None
    seen = monitor.memory(address, WIDTH * HEIGHT * 4)
    rgb = bytearray(WIDTH * HEIGHT * 3)
    for colour in range(3):		# in memory: blue, green, red, nothing
        rgb[2 - colour::3] = seen[colour::4]
    write_file(to, png(WIDTH, HEIGHT, bytes(rgb)))
    return seen
