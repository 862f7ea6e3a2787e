# SPDX-License-Identifier: GPL-2.0
"""make demo: the work of a backend, in requests per 10^6 instructions.

blkback serves a disk to a second domain.  With -icount, QEMU counts the instructions of
the whole machine: Xen, dom0 and the domain.  Time is of no use here, because it jumps
when all CPUs are idle.  So the monitor of QEMU says both numbers, while the machine is
stopped: the instructions, and the requests that the disk of dom0 has served.
"""

import collections.abc
import csv
import pathlib
import re

from ..util.files import write_file
from ..results import report, tables
from ..results.run import Run
from ..rig import qmp
from ..rig.machines import virt
from ..rig.variant import PATCHED, STOCK, Variant
from . import domains, kernels

# Stock first; the others are compared with it.
VARIANTS = (STOCK, PATCHED)
# One CPU, because -icount has one thread.
MACHINE = virt.Virt()
ICOUNT = ["-icount", "shift=0"]
ARGS = f"{virt.DOM0_ARGS} workload=rate"
MODES = ("persistent", "each_request")
MARK = re.compile(r"^# rate (\w+) (begins|ends)$")
CALLS = re.compile(r"^# calls (\w+), (\w+) (\d+|none)\r*$", re.M)
NOISE = 0.02	# largest relative difference of two boots
FILE = "rate.csv"
HEAD = ("grants", "requests", "instructions", "per 10^6", "maps", "lookups in maps")
# A request of the block layer to merge two pages asks for both.
LOOKUPS_OF_MERGE = 2

# Numbers of the machine at one moment: (instructions, requests of its disk).
Sample = tuple[int, int]


def sample(monitor: qmp.Monitor) -> Sample:
    """Return the numbers of the machine, which must not go on meanwhile."""
    monitor.call("stop")
    instructions = monitor.call("query-replay")["icount"]
    (stats,) = [d["stats"] for d in monitor.call("query-blockstats") if d.get("device") == "disk"]
    monitor.call("cont")
    return instructions, stats["rd_operations"] + stats["wr_operations"]


class Counter:
    """Take a sample when the console asks for one.

    samples -- {(mode, "begins" or "ends"): Sample}
    """

    def __init__(self, home: pathlib.Path):
        self.home = home
        self.monitor: qmp.Monitor | None = None
        self.samples: dict[tuple[str, str], Sample] = {}

    def __call__(self, line: str) -> str | None:
        mark = MARK.match(line)
        if not mark:
            return None
        self.monitor = self.monitor or qmp.Monitor(self.home / "qmp")
        self.samples[mark[1], mark[2]] = sample(self.monitor)
        return "\n"

    def close(self) -> None:
        if self.monitor:
            self.monitor.close()


def boot_once(xen: str, variant: Variant) -> tuple[Run, dict[tuple[str, str], Sample]]:
    """Boot one kernel; return (Run, samples)."""
    boot = domains.prepare_xl(xen, variant, kernels.RATE)
    boot.about, boot.machine, boot.args = "counting instructions", MACHINE, ARGS
    boot.devices += [*ICOUNT, *qmp.argv_of(boot.home / "qmp")]
    boot.answer = counter = Counter(boot.home)
    try:
        run = boot.run()
    finally:
        counter.close()
    return run, counter.samples
