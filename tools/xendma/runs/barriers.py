# SPDX-License-Identifier: GPL-2.0
"""make mutants: the barriers of each operation of make bench.

A barrier has no effect in QEMU, so only its count tells that it is missing.  The boot
logs every instruction of each operation, and ends at the first count that differs.
"""

import contextlib
import dataclasses

from ..util.errors import UserError
from ..rig import boot as boots, build, trace as tracing
from ..rig.boot import Boot
from ..rig.machines import virt
from . import profile

# {row of the benchmark: number of its barriers}
Counts = dict[str, int]
COMPLETE = "# costs complete"


class Counter(tracing.Tracer):
    """Count the barriers of each operation.

    normal -- the counts of a kernel without a fault; None for that kernel itself
    """

    def __init__(self, boot: Boot, kernel: build.Kernel, normal: Counts | None):
        super().__init__(boot.home)
        self.kernel, self.normal = kernel, normal
        self.symbols: tracing.Symbols | None = None
        self.counts: Counts = {}
        self.difference = ""

    def __call__(self, line: str) -> str | None:
        if self.difference:
            return None	# QEMU is gone
        try:
            answer = super().__call__(line)
        except (OSError, UserError):
            return None	# the kernel has panicked, or time is over: the console tells
        if found := tracing.END.search(line):
            self.count(found[1].strip())
        return answer

    def count(self, row: str) -> None:
        """Count the barriers of a row, and compare them."""
        self.symbols = self.symbols or tracing.Symbols(
            self.kernel.image.with_name("System.map"), self.kernel.modules[0], self.text)
        try:
            executed = tracing.cut(self.traces[row], self.symbols)
        except UserError:
            return	# no trace of a whole operation; the kernel without a fault lacks it, too
        name = ",".join(profile.case_of(row))
        self.counts[name] = tracing.barriers(executed, self.assembly)
        if self.normal is not None and self.counts[name] != self.normal.get(name):
            self.difference = self.difference or \
                f"{name}: {self.counts[name]} barriers, not {self.normal.get(name)}"


@dataclasses.dataclass(frozen=True)
class Ending(virt.Virt):
    """A machine that ends at the first difference; a counter always has one."""
    counter: Counter | None = None

    def ended(self, line: str) -> bool:
        return bool(self.counter and self.counter.difference)


def run(boot: Boot, kernel: build.Kernel, normal: Counts | None,
        timeout: float) -> tuple[Counts, str]:
    """Return (counts of a boot with the workload bench, difference from the normal ones)."""
    counter = Counter(boot, kernel, normal)
    boot.machine = Ending(counter=counter)
    boot.args = f"{boot.args} trace=1"
    boot.devices = [*boot.devices, *counter.arguments()]
    with contextlib.closing(counter), boots.cpus_of(boot.command):
        console, timed_out = boots.run_qemu(boot.command, boot.home / "console.log", False,
                                            timeout, boot.emulator, counter)
    counter.log.unlink(missing_ok=True)	# it is large
    lost = sorted(set(normal or ()) - set(counter.counts))
    if timed_out or COMPLETE not in console or lost:
        end = f"{lost[0]} (no count)" if lost and not timed_out and COMPLETE in console \
            else "bench (timed out)" if timed_out else "bench (ended early)"
        return counter.counts, counter.difference or end
    return counter.counts, counter.difference
