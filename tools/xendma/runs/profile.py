# SPDX-License-Identifier: GPL-2.0
"""make bench: functions and barriers of an operation.

One boot of each kernel logs every instruction.  So its counts are exact, and each has a
function.
"""

import collections.abc
import contextlib
import dataclasses

from ..util.errors import UserError, log
from ..rig import trace as tracing
from ..rig.boot import Boot

TIMEOUT = 900	# seconds; a log of each instruction takes time
Case = tuple[str, ...]
# The operations with a profile: {grants: case}; there are no grants without Xen.
NONE, MANY = "0", "10000"
PROFILED: dict[str, Case] = {grants: ("map", "RAM", "no pool", "4", "to", grants, "few")
                             for grants in (MANY, NONE)}
REGIONS = "64"	# of the rows that add some
# Functions of the test module are parts of the measurement, and not of the operation.
MODULE = "xdt_"


@dataclasses.dataclass
class Profile:
    """The instructions of one kernel.

    barriers  -- {case: number}
    functions -- {grants: {function: instructions}} of PROFILED
    """
    barriers: dict[Case, int]
    functions: dict[str, dict[str, int]]

    def of(self, grants: str) -> dict[str, int]:
        """Return the functions for a number of grants; without Xen, those for none."""
        return self.functions.get(grants, self.functions.get(NONE, {}))


def case_of(name: str) -> Case:
    """Return the case of a row; all rows without additional regions have the same."""
    *case, regions = name.split(",")
    return (*case, REGIONS if regions == REGIONS else "few")


def read(tracer: tracing.Tracer, symbols: tracing.Symbols, xen: bool) -> Profile:
    """Return the Profile of a traced boot; only a row with a profile must be whole.

    xen -- the boot was under Xen, so that it has grants
    """
    cut: dict[Case, list[int]] = {}
    for name, executed in tracer.traces.items():
        case = case_of(name)
        try:
            cut[case] = tracing.cut(executed, symbols)
        except UserError as e:
            if case in PROFILED.values():
                raise UserError(f"{name}: {e}") from None
            log(f"no barriers of {name}: {e}")
    for grants in PROFILED if xen else (NONE,):
        if PROFILED[grants] not in cut:
            raise UserError(f"no trace of {', '.join(PROFILED[grants])}")
    return Profile({case: tracing.barriers(pcs, tracer.assembly) for case, pcs in cut.items()},
                   {grants: {name: n for name, n in
                             tracing.by_function(cut[case], symbols).items()
                             if not name.startswith(MODULE)}
                    for grants, case in PROFILED.items() if case in cut})


def trace(boot: Boot) -> Profile:
    """Boot a kernel, and log its instructions."""
    kernel = boot.kernel
    tracer = tracing.Tracer(boot.home)
    boot.args = f"{boot.args} trace=1"
    boot.about = "logging each instruction"
    boot.devices += tracer.arguments()
    boot.answer = tracer
    with contextlib.closing(tracer):
        console, timed_out = boot.console(timeout=TIMEOUT)
    tracer.log.unlink(missing_ok=True)	# it is large
    if timed_out or "# costs complete" not in console:
        raise UserError(f"the trace did not end; see {boot.home}/console.log")
    symbols = tracing.Symbols(kernel.image.with_name("System.map"), kernel.modules[0],
                              tracer.text)
    return read(tracer, symbols, bool(boot.xen))


def rows(traces: dict[str, Profile]) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and for each number of grants the functions and their sum.

    The functions with the most instructions come first.
    """
    yield ("grants", "function", *traces)
    for grants in PROFILED:
        each = [traced.of(grants) for traced in traces.values()]
        most = {name: max(found.get(name, 0) for found in each)
                for found in each for name in found}
        for name in sorted(most, key=lambda name: (-most[name], name)):
            yield (grants, name, *(str(found.get(name, "-")) for found in each))
        yield (grants, "all", *(str(sum(found.values())) for found in each))
