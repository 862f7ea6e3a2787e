# SPDX-License-Identifier: GPL-2.0
"""make demo: the work of a backend, in requests per 10^6 instructions.

blkback serves a disk to a second domain.  With -icount, QEMU counts the instructions of
the whole machine: Xen, dom0 and the domain.  Time is of no use here, because it jumps
when all CPUs are idle.  So the monitor of QEMU says both numbers, while the machine is
stopped: the instructions, and the requests that the disk of dom0 has served.
"""

import collections.abc
import contextlib
import dataclasses
import json
import pathlib
import re
import statistics

from ..util.files import write_file
from ..results import report, tables
from ..results.run import Run
from ..rig import qmp
from ..rig.machines import virt
from ..rig.variant import PATCHED, STOCK, WITHOUT_SPEED, Variant
from . import domains, kernels

# Stock first; the others are compared with it.
VARIANTS = (STOCK, WITHOUT_SPEED, PATCHED)
# One CPU, because -icount has one thread.
MACHINE = virt.Virt()
ICOUNT = ["-icount", "shift=0"]
ARGS = f"{virt.DOM0_ARGS} workload=rate"
MODES = ("persistent", "each_request")
MARK = re.compile(r"^# rate (\w+) (begins|ends)$")
CALLS = re.compile(r"^# calls (\w+), (\w+) (\d+|none)\r*$", re.M)
NOISE = 0.02	# largest relative difference of two boots
FILE = "rate.json"
# A question of the block layer whether two pages are neighbours: no map, two lookups.
LOOKUPS_OF_MERGE = 2

# Numbers of the machine at one moment: (instructions, requests of its disk).
Sample = tuple[int, int]


@dataclasses.dataclass
class Work:
    """The work of one mode in one boot.

    requests     -- requests of the disk of dom0
    instructions -- of the machine meanwhile
    served       -- requests of the domain, while functions were counted
    calls        -- {event: calls of a function meanwhile}; None if the kernel lacks it
    """
    requests: int
    instructions: int
    served: int
    calls: dict[str, int | None]

    @property
    def rate(self) -> float:
        """Return the requests per 10^6 instructions."""
        return self.requests / self.instructions * 1e6

    def per_request(self, event: str) -> float:
        """Return the calls of a function per request; a kernel without it calls it never."""
        return (self.calls[event] or 0) / self.served

    @property
    def maps(self) -> float:
        """Return the maps per request; the part "speed" has other functions for them."""
        return sum(map(self.per_request, ("maps", "maps_of_own", "maps_of_others")))

    @property
    def lookups(self) -> float:
        """Return the lookups in maps, per request."""
        return self.per_request("lookups") - LOOKUPS_OF_MERGE * self.per_request("merges")

    @property
    def by_xen(self) -> float:
        """Return the ranges whose caches Xen maintains, per request."""
        return self.per_request("by_xen_to") + self.per_request("by_xen_from")


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
    with contextlib.closing(Counter(boot.home)) as counter:
        boot.answer = counter
        return boot.run(), counter.samples


def work(mode: str, samples: dict[tuple[str, str], Sample], console: str) -> Work:
    """Return the Work of one mode."""
    (begin, before), (end, after) = (samples[mode, point] for point in ("begins", "ends"))
    calls = {event: None if number == "none" else int(number)
             for of, event, number in CALLS.findall(console) if of == mode}
    return Work(after - before, end - begin, calls.pop("requests") or 0, calls)


def run(xen: str, variant: Variant = PATCHED) -> tuple[Run, list[str]]:
    """Boot one kernel twice, and keep the numbers; return (last Run, faults)."""
    found: dict[str, list[Work]] = {mode: [] for mode in MODES}
    for _ in range(2):
        last, samples = boot_once(xen, variant)
        (last.home / FILE).unlink(missing_ok=True)
        if report.unexpected(last):
            return last, []
        console = (last.home / "console.log").read_text(errors="replace")
        for mode in MODES:
            found[mode].append(work(mode, samples, console))
    write_file(last.home / FILE, json.dumps(
        {mode: [dataclasses.asdict(w) for w in twice] for mode, twice in found.items()}))
    return last, [f"{last.name}, {mode}: two boots differ by {apart(twice):.2%}, "
                  f"more than {NOISE:.0%}"
                  for mode, twice in found.items() if apart(twice) > NOISE]


def load(run: Run) -> dict[str, list[Work]]:
    """Return {mode: the Work of each boot}; nothing for another kind of run."""
    path = run.home / FILE
    kept = json.loads(path.read_text()) if path.exists() else {}
    return {mode: [Work(**w) for w in twice] for mode, twice in kept.items()}


def apart(twice: list[Work]) -> float:
    """Return the difference of two boots, as a fraction."""
    return abs(twice[0].rate - twice[1].rate) / twice[0].rate


def mean(twice: list[Work]) -> float:
    """Return the rate of all boots together."""
    return sum(w.requests for w in twice) / sum(w.instructions for w in twice) * 1e6


def average(numbers: collections.abc.Iterable[float]) -> str:
    return f"{statistics.fmean(numbers):.2f}"


def rows(runs: list[Run]) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and a row for each mode and kernel; the first is stock."""
    yield ("grants", "kernel", "per 10^6", "to stock", "two boots", "maps", "lookups",
           "by Xen")
    for mode in MODES:
        stock = mean(load(runs[0])[mode])
        for run in runs:
            twice = load(run)[mode]
            yield (mode, run.variant, f"{mean(twice):.4f}", f"{mean(twice) / stock:.4f}",
                   f"{apart(twice):.2%}", average(w.maps for w in twice),
                   average(w.lookups for w in twice), average(w.by_xen for w in twice))


def text(runs: list[Run]) -> str:
    """Return the table of the kernels that were measured, as text."""
    return "\n".join([
        "blkback: requests per 10^6 instructions of the machine; per request: maps, lookups in",
        "the table of foreign frames in them, and ranges whose caches Xen maintains", tables.text(rows(runs))])
