# SPDX-License-Identifier: GPL-2.0
"""Trace the instructions that a kernel executes for a part of a workload.

The workload prints "# trace,NAME", waits for a line, works, and prints "# traced,NAME".
QEMU writes each instruction between the two to a log.
"""

import bisect
import collections
import pathlib
import re

from ..util.archs import ARCH, COMPILERS
from ..util.errors import UserError
from ..util.process import run_program
from . import qmp

BEGIN = re.compile(r"# trace,(.*)")
END = re.compile(r"# traced,(.*)")
TEXT = re.compile(r"# text,0x([0-9a-f]+)")
EXECUTED = re.compile(rb"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
ASSEMBLY = re.compile(rb"0x([0-9a-f]+):\s+[0-9a-f]{8}\s+(\S.*)")
# A function in the section whose address the module prints; others begin at 0, too.
IN_TEXT = re.compile(r"(\w+)\s*\|([0-9a-f]+)\|\s*[tT]\s*\|.*\|\.text\s*")
# QEMU has logged an instruction, and has not executed it yet.
UNDONE = (b"Stopped execution", b"cpu_io_recompile: rewound")
# The module calls these two functions around the operation.
MARKS = ("xdt_bench_begin", "xdt_bench_end")
KERNEL = 1 << 63	# lowest address of a kernel; Xen is below
XEN = "Xen"


class Symbols:
    """The functions of a kernel and of the test module."""

    def __init__(self, system_map: pathlib.Path, module: pathlib.Path, base: int):
        """base -- the address of the module's text"""
        found = []
        for line in system_map.read_text().splitlines():
            address, kind, name = line.split()
            if kind in "tTwW" and not name.startswith("__pi_"):
                found.append((int(address, 16), name))
        nm = run_program([COMPILERS[ARCH] + "nm", "--format=sysv", module],
                         "reading the symbols of the module")
        for line in nm.splitlines():
            if symbol := IN_TEXT.fullmatch(line):
                found.append((base + int(symbol[2], 16), symbol[1]))
        found.sort()
        self.addresses = [address for address, _ in found]
        self.names = [name for _, name in found]
        self.by_name = {name: address for address, name in found}

    def name(self, pc: int) -> str:
        """Return the function of an address."""
        if pc < KERNEL:
            return XEN
        return self.names[bisect.bisect_right(self.addresses, pc) - 1]


class Tracer:
    """Switch QEMU's log on and off; Boot calls it for each line of the console."""

    def __init__(self, home: pathlib.Path):
        self.socket, self.log = home / "qmp", home / "trace"
        self.monitor: qmp.Monitor | None = None
        self.offset = 0		# in the log
        self.text = 0
        self.assembly: dict[int, str] = {}
        self.traces: dict[str, list[int]] = {}

    def arguments(self) -> list[str]:
        """Return QEMU's arguments."""
        self.socket.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)	# QEMU would append to it
        return qmp.argv_of(self.socket)

    def do(self, *commands: str) -> None:
        """Give commands to QEMU's monitor."""
        self.monitor = self.monitor or qmp.Monitor(self.socket)
        for command in commands:
            self.monitor.call("human-monitor-command", **{"command-line": command})

    def close(self) -> None:
        if self.monitor:
            self.monitor.close()

    def __call__(self, line: str) -> str | None:
        if found := TEXT.search(line):
            self.text = int(found[1], 16)
        elif BEGIN.search(line):
            self.do(f"logfile {self.log}", "log exec,in_asm,nochain", "singlestep on")
            return "\n"
        elif found := END.search(line):
            self.do("singlestep off", "log none")
            self.traces[found[1].strip()] = self.read()
        return None

    def read(self) -> list[int]:
        """Return the addresses in the log, and note what is there."""
        executed = []
        with open(self.log, "rb") as log:
            log.seek(self.offset)
            for line in log:
                if found := EXECUTED.match(line):
                    executed.append(int(found[1], 16))
                elif found := ASSEMBLY.match(line):
                    self.assembly[int(found[1], 16)] = found[2].decode()
                elif line.startswith(UNDONE) and executed:
                    executed.pop()
            self.offset = log.tell()
        return executed


def cut(executed: list[int], symbols: Symbols) -> list[int]:
    """Return the instructions between the two marks; Stop if there is not one pair."""
    at = [symbols.by_name[name] for name in MARKS]
    if [executed.count(address) for address in at] != [1, 1]:
        raise UserError("the trace has not one operation")
    first, last = map(executed.index, at)
    # The first mark is one instruction more, and its return.
    names = [symbols.name(pc) for pc in executed[first:last]]
    start = next(i for i, name in enumerate(names) if name != MARKS[0])
    return executed[first + start:last]


def by_function(executed: list[int], symbols: Symbols) -> collections.Counter[str]:
    """Return the number of instructions of each function."""
    return collections.Counter(map(symbols.name, executed))


def barriers(executed: list[int], assembly: dict[int, str]) -> int:
    """Return the number of barriers of the kernel: "dsb" with any operand.

    Those of Xen vary, because it has work of its own now and then.
    """
    return sum(assembly.get(pc, "").startswith("dsb") for pc in executed if pc >= KERNEL)
