# SPDX-License-Identifier: GPL-2.0
"""make answers: what each Xen says when it is asked to maintain caches.

The tests flush.* ask in every run; this collects what they were told.
"""

import re

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


def of(run):
    """{(memory, question): answer} of one Run."""
    found = {}
    for memory in MEMORY:
        said = run.tests.get(f"flush.{memory}.answer", ("", ""))[1]
        for asked, answer in re.findall(r"(\w+) 0x[0-9a-f]+: (-?\d+)", said):
            found[memory, asked] = ERRNO.get(int(answer), answer)
    return found


def rows(runs):
    """The table: a head, and a row for each kind of memory and each question."""
    found = [of(run) for run in runs]
    yield ("memory", "asked to", *(f"Xen {run.xen}" for run in runs))
    for memory, name in MEMORY.items():
        for asked in ASKED:
            yield (name, asked, *(f.get((memory, asked), "did not run") for f in found))
