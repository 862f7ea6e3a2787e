# SPDX-License-Identifier: GPL-2.0
"""Write an image of a medium, with a partition that U-Boot can read and write."""

import pathlib
import struct

from ...util.process import require_programs, run_program

MIB = 1 << 20
FIRST = MIB	# begin of the partition
LEAST = 128 * MIB
SECTOR = 512
FAT32_LBA, BOOTABLE = 0x0c, 0x80


def partition_table(size: int) -> bytes:
    """Return a master boot record with one bootable partition up to the end."""
    entry = struct.pack("<B3sB3sII", BOOTABLE, b"\xfe\xff\xff", FAT32_LBA, b"\xfe\xff\xff",
                        FIRST // SECTOR, (size - FIRST) // SECTOR)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def write(files: list[pathlib.Path], to: pathlib.Path) -> None:
    """Write an image with these files in a FAT partition; the user may add kernels."""
    require_programs("mformat", "mcopy")
    size = max(LEAST, -(-sum(f.stat().st_size for f in files) // MIB) * MIB + 16 * MIB)
    with open(to, "wb") as f:
        f.write(partition_table(size))
        f.truncate(size)
    there = f"{to}@@{FIRST}"
    run_program(["mformat", "-i", there, "-F", "-N", "0", "-v", "XENDMA", "-T",
                 (size - FIRST) // SECTOR, "-h", "255", "-s", "63", "::"],
                "making a file system")
    run_program(["mcopy", "-i", there, *files, "::"], "copying to the image")
