# SPDX-License-Identifier: GPL-2.0
"""Find places for Xen, dom0 and the test pools in the memory of a board.

Xen gets a window of memory that looks as in QEMU, and everything else below 4 GiB is
reserved.  So dom0's memory has the same place in the window on each board, and the same
tests have the same results.  Memory above 4 GiB is left to Xen: its table of all page
frames can be too large for the window.
"""

import dataclasses
import re

from ...util.errors import UserError
from . import fdt

MIB = 1 << 20
# Offsets from RAM, see dom0/test-devices.dtsi.  The window is all that Xen may use.  Xen
# takes its own memory from the end, so the files are there.
WINDOW = (0x20000000, 0x40000000)
KERNEL, RAMDISK, XEN, DTB = 0x34000000, 0x36000000, 0x37000000, 0x3fe00000
# Each file has all the memory to the next one.
SPACE = {"KERNEL": 0x2000000, "RAMDISK": 0x1000000, "XEN": 0x400000, "DTB": 0x200000}
# Xen takes dom0's memory from the lowest free piece of 256 MiB, which is only here.  Linux
# has its dynamic pool at the end, and its bounce buffers in the last 64 MiB.
BANK = (0x20000000, 0x10000000)
BOUNCE, DYNAMIC = 0x2c000000, 2 * MIB
HOLE, STATIC, ONCHIP = 0x30000000, 0x31000000, 0x32000000
POOLS = ((HOLE, MIB), (STATIC, 2 * MIB), (ONCHIP, MIB))
OUTSIDE = (1 << 36, MIB)
# The window begins at a multiple of this, because dom0's memory does.
STEP = 0x10000000
# Memory at the ends of a bank that is better left alone.
MARGIN = 0x8000000
FAR = 1 << 32
# No CPU with Xen has memory from here on.
END = 1 << 48
TIMER = "arm,armv8-timer"
GICS = ("arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a9-gic", "arm,cortex-a7-gic",
        "arm,eb11mp-gic", "qcom,msm-qgic2", "arm,gic-v3")


@dataclasses.dataclass(frozen=True)
class Place:
    """Addresses on a board.

    ram       -- the address from which the offsets count
    console   -- the path of Xen's console, or its alias
    registers -- the address of its registers
    outside   -- whether OUTSIDE is no memory of the board
    """
    ram: int
    console: str
    registers: int
    outside: bool

    @property
    def window(self) -> fdt.Range:
        return self.ram + WINDOW[0], WINDOW[1] - WINDOW[0]

    def address(self, offset: int) -> str:
        return f"{self.ram + offset:#x}"

    def defines(self) -> dict[str, str]:
        """Return the values for dom0.dts."""
        near = self.registers & ~(MIB - 1)
        bus = self.ram - (1 << 30) if self.ram >= 1 << 30 else self.ram + (1 << 30)
        # A place on the bus for the registers that is neither theirs nor the memory's.
        free = next(at for at in range(near & 0xfffffff, FAR, 0x10000000)
                    if at != near and not overlap((at, MIB), (self.ram, 1 << 30)))
        return {"RAM": f"{self.ram:#x}", "ONCHIP": self.address(ONCHIP),
                "BANK2": self.address(BOUNCE), "HOLE": self.address(HOLE),
                "END": self.address(sum(BANK) - DYNAMIC),
                "STATIC": self.address(STATIC), "REGISTERS": f"{near:#x}",
                "UART": f"{self.registers & ~0xfff:#x}", "DYNAMIC_SIZE": f"{DYNAMIC:#x}",
                "BUS_RAM": f"{bus:#x}", "BUS_REGISTERS": f"{free:#x}",
                **({"OUTSIDE": "1"} if self.outside else {})}

    def reservations(self) -> list[fdt.Range]:
        """Return the ranges for /memreserve/, besides those of the board.

        U-Boot can add memory that the tree does not have, so they are all addresses.
        """
        start, size = self.window
        return [r for r in ((0, start), (start + size, FAR - start - size)) if r[1]]


def overlap(a: fdt.Range, b: fdt.Range) -> bool:
    return a[0] < b[0] + b[1] and b[0] < a[0] + a[1]


def check_arch(tree: fdt.Tree, name: str) -> None:
    """Stop unless Xen can run on this board."""
    nodes = [n for n in tree.root.all() if n.enabled()]
    if not any(n.compatible(TIMER) for n in nodes):
        cpu = next((n.strings("compatible")[0] for n in nodes
                    if n.strings("device_type")[0] == "cpu"), "") or "none"
        raise UserError(f"{name} is no tree of an arm64 machine: it has no timer {TIMER} (CPU: "
                        f"{cpu}); name that of an arm64 board")
    if not any(n.compatible(*GICS) for n in nodes):
        raise UserError(f"{name} has no interrupt controller that Xen knows (GICv2 or GICv3): "
                        "Xen cannot run on this board")
    if tree.root.widths()[0] != 2:
        raise UserError(f"{name} has {tree.root.widths()[0]} cells for an address at its root, "
                        "and the test devices need 2: this board is not supported")


def memory(tree: fdt.Tree, given: str, name: str) -> list[fdt.Range]:
    """Return the banks of memory: given as "start,size ...", or those of the tree."""
    if given:
        found = [re.fullmatch(r"(0x[0-9a-fA-F]+|\d+),(0x[0-9a-fA-F]+|\d+)", word)
                 for word in given.split()]
        banks = [(int(m[1], 0), int(m[2], 0)) for m in found if m]
        if len(banks) != len(found) or not all(0 < n <= END - start for start, n in banks):
            raise UserError(f"MEMORY={given} is no memory: give start,size of each bank, such as "
                            "MEMORY=0x40000000,0x40000000")
        return banks
    banks = [r for node in memory_nodes(tree) if node.enabled() for r in node.ranges() if r[1]]
    if not banks:
        raise UserError(f"{name} does not say where memory is, because U-Boot adds that: give "
                        "MEMORY=start,size, as 'bdinfo' of U-Boot shows it")
    return banks


def memory_nodes(tree: fdt.Tree) -> list[fdt.Node]:
    return [n for n in tree.root.children if n.strings("device_type")[0] == "memory"]


def reserved(tree: fdt.Tree) -> list[fdt.Range]:
    """Return the ranges that the board reserves."""
    nodes = [n for top in tree.root.children if top.name == "reserved-memory"
             for n in top.children if n.enabled()]
    return [*tree.reserved, *(r for n in nodes for r in n.ranges() if r[1])]


def window_at(load: str) -> int:
    """Return the address of LOAD=."""
    if not re.fullmatch(r"0x[0-9a-fA-F]{1,9}", load) or int(load, 0) % STEP:
        raise UserError(f"LOAD={load} is no multiple of {STEP:#x}: give such an address of free "
                        f"memory below 4 GiB, for {(WINDOW[1] - WINDOW[0]) // MIB} MiB")
    return int(load, 0)


def free_windows(banks: list[fdt.Range], taken: list[fdt.Range]) -> list[int]:
    """Return the addresses of the free windows, the best first.

    Firmware that the tree does not name is often at one end of a bank, as U-Boot is.
    """
    size, found = WINDOW[1] - WINDOW[0], []
    for start, length in banks:
        first = max(-(-start // STEP) * STEP, WINDOW[0])
        for at in range(first, min(start + length, FAR) - size + 1, STEP):
            if not any(overlap((at, size), r) for r in taken) and \
                    at - WINDOW[0] <= FAR - (1 << 30):
                ends = (at - start < MARGIN) + (start + length - at - size < MARGIN)
                found.append((ends, at))
    return [at for _, at in sorted(found)]


def console(tree: fdt.Tree, given: str, name: str, drivers: bytes) -> tuple[str, int]:
    """Return (path or alias, address) of the console for Xen.

    drivers -- the binary of Xen, which has the names of the consoles that it knows
    """
    chosen = tree.root.find("/chosen")
    aliases = tree.root.find("/aliases")
    path = given or (chosen.strings("stdout-path")[0] if chosen else "").partition(":")[0]
    if not path:
        raise UserError(f"{name} names no console in /chosen/stdout-path: give CONSOLE=serial0, "
                        "or the path of a serial port")
    full = path if path.startswith("/") else aliases.strings(path)[0] if aliases else ""
    node = tree.root.find(full) if full else None
    address = fdt.address_of(node) if node else None
    if not node or address is None or address >= FAR:
        raise UserError(f"{name} has no serial port {path} with an address below 4 GiB: give "
                        "CONSOLE=, an alias or a path in the tree")
    if not any(b"\0" + c.encode() + b"\0" in drivers for c in node.strings("compatible") if c):
        raise UserError(f"{name}: this Xen has no driver for the console {full} "
                        f"({', '.join(node.strings('compatible'))}): give another XEN=, or "
                        "CONSOLE=")
    return path, address


def place(tree: fdt.Tree, name: str, drivers: bytes, given: dict[str, str]) -> Place:
    """Return the Place on a board; Stop, with the reason, if there is none.

    name  -- the file, for messages
    given -- MEMORY, LOAD and CONSOLE
    """
    check_arch(tree, name)
    port, registers = console(tree, given["CONSOLE"], name, drivers)
    banks = memory(tree, given["MEMORY"], name)
    windows = free_windows(banks, reserved(tree))
    size = (WINDOW[1] - WINDOW[0]) // MIB
    if given["LOAD"] and window_at(given["LOAD"]) not in windows:
        raise UserError(f"LOAD={given['LOAD']}: {size} MiB are not free there in {name}"
                        + (f"; they are at {', '.join(map(hex, windows[:4]))}" if windows else ""))
    if not windows:
        raise UserError(f"{name} has no {size} MiB of free memory in one piece between "
                        f"{WINDOW[0]:#x} and 4 GiB, at a multiple of {STEP:#x}; if the board has "
                        "more memory, give MEMORY=start,size")
    start = window_at(given["LOAD"]) if given["LOAD"] else windows[0]
    return Place(start - WINDOW[0], port, registers,
                 not any(overlap(OUTSIDE, bank) for bank in banks))
