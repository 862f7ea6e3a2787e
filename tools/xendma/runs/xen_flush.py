# SPDX-License-Identifier: GPL-2.0
"""make answers: the answers of each Xen to requests for cache maintenance.

The flush.* tests send requests in every run; this module collects the answers.
"""

import collections.abc
import re

from ..results.run import Run

ASKED = ("clean", "invalidate", "both")
ERRNO = {0: "0", -1: "-EPERM", -22: "-EINVAL"}
MEMORY = {
    "ram": "RAM of dom0",
    "dynamic_pool": "pool that dom0's kernel has placed in its RAM (size)",
    "static_pool": "pool at a place of its own (reg)",
    "onchip_pool": "memory kept from Xen and dom0 (/memreserve/)",
    "xen": "Xen's own text",
    "uart": "registers of a device",
    "nothing": "no memory",
}


def answers_of(run: Run) -> dict[tuple[str, str], str]:
    """Return {(memory, request): answer} of one Run."""
    found = {}
    for memory in MEMORY:
        message = run.tests.get(f"flush.{memory}.answer", ("", ""))[1]
        for asked, answer in re.findall(r"(\w+) 0x[0-9a-f]+: (-?\d+)", message):
            found[memory, asked] = ERRNO.get(int(answer), answer)
    return found


def rows(runs: list[Run]) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and a row for each kind of memory and each request."""
    found = [answers_of(run) for run in runs]
    yield ("memory", "asked to", *(f"Xen {run.xen}" for run in runs))
    for memory, name in MEMORY.items():
        for asked in ASKED:
            yield (name, asked, *(f.get((memory, asked), "did not run") for f in found))
