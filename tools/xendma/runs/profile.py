# SPDX-License-Identifier: GPL-2.0
"""make bench: what the instructions of an operation are.

One boot of each kernel logs every instruction.  So its counts are exact, and each has a
function.
"""

import collections.abc
import dataclasses

from ..util.errors import UserError
from ..rig import trace as tracing
from ..rig.boot import Boot

TIMEOUT = 900	# seconds; a log of each instruction takes time
# The operations with a profile; there are no grants without Xen.
PROFILED = (("map", "RAM", "no pool", "4", "to", "10000", "few"),
            ("map", "RAM", "no pool", "4", "to", "0", "few"))
# These are parts of the measurement, and not of the operation.
OWN = {"xdt_map_pairs", "xdt_measure", "xdt_time", "xdt_init", *tracing.MARKS}
Case = tuple[str, ...]


@dataclasses.dataclass
class Profile:
    """The instructions of one kernel.

    barriers  -- {case: number}
    functions -- {function: instructions} of the first of PROFILED that there is
    """
    barriers: dict[Case, int]
    functions: dict[str, int]


def case_of(name: str) -> Case:
    """Return the case of a traced row."""
    *case, regions = name.split(",")
    return (*case, "64" if regions == "64" else "few")


def trace(boot: Boot) -> Profile:
    """Boot a kernel, and log its instructions."""
    kernel = boot.kernel
    tracer = tracing.Tracer(boot.home)
    boot.args = f"{boot.args} trace=1"
    boot.about = "logging each instruction"
    boot.devices += tracer.arguments()
    boot.answer = tracer
    console, timed_out = boot.console(timeout=TIMEOUT)
    tracer.log.unlink(missing_ok=True)	# it is large
    if timed_out or "# costs complete" not in console:
        raise UserError(f"the trace did not end; see {boot.home}/console.log")
    symbols = tracing.Symbols(kernel.image.with_name("System.map"), kernel.modules[0],
                              tracer.text)
    cut = {case_of(name): tracing.cut(executed, symbols)
           for name, executed in tracer.traces.items()}
    chosen = next(case for case in PROFILED if case in cut)
    functions = tracing.by_function(cut[chosen], symbols)
    return Profile({case: tracing.barriers(pcs, tracer.assembly) for case, pcs in cut.items()},
                   {name: n for name, n in functions.items() if name not in OWN})


def rows(traces: dict[str, Profile]) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, the functions with the most instructions first, and the sum."""
    yield ("function", *traces)
    most = {name: max(t.functions.get(name, 0) for t in traces.values())
            for t in traces.values() for name in t.functions}
    for name in sorted(most, key=lambda name: (-most[name], name)):
        yield (name, *(str(t.functions.get(name, 0) or "-") for t in traces.values()))
    yield ("all", *(str(sum(t.functions.values())) for t in traces.values()))
