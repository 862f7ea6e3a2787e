# SPDX-License-Identifier: GPL-2.0
"""make stress: mappings and the p2m of a dom0 with four CPUs, also under lockdep.

A test module runs the tests, and prints the throughput of one and of four threads.  Only
ratios of times within one boot are meaningful.
"""

import collections.abc
import dataclasses
import pathlib
import re
import statistics

from ..util.archs import ARCH
from ..util.paths import BUILD, TESTS
from ..sources import tree as trees
from ..results import expected, report, tables
from ..results.run import Run
from ..rig.boot import Boot
from ..rig.variant import PATCHED, Variant
from . import domains, kernels

MODULE = TESTS / "stress/test_modules"
# Lookups without a lock in a tree that another CPU rotates: the torture must detect them.
RULE = pathlib.Path(__file__).parent / "compare/p2m.rcu.cocci"
PLAIN_RCU = Variant("plain-rcu", 0, rule=(RULE, 7, "arch/arm/xen/p2m.c"))
# The machine with four CPUs, without other domains.  The ramdisk is in the memory below
# dom0, so that Xen 4.20 finds no free piece of 64 MiB there.
MACHINE = dataclasses.replace(domains.MACHINE, addrs=(0x4fc00000, 0x44000000))
# KASAN takes much of the memory.
LARGE = dataclasses.replace(MACHINE, xen_args=MACHINE.xen_args.replace("256M", "448M"))
# The tests hotplug memory.  The balloon driver takes the first free addresses.  arm64 stops
# (arch_add_memory()) if they are below the linear map, which begins at the first RAM of dom0,
# rounded down to 1 GiB.  One page reserves its whole section, from 0x10000 on.
HOTPLUG = ("memhp_default_state=online "
           "reserve=0x10000,0x1000,0xc000000,0x1000,0x10000000,0x30000000")
MEASURED = re.compile(r"^# throughput with (\d+) entries, (\d+) threads: (\d+) pairs in (\d+) ns$",
                      re.M)
# Each ratio: its name, and its numerator and denominator as (entries, threads).
RATIOS = {"4 threads to 1, no entry": ((0, 4), (0, 1)),
          "4 threads to 1, 10,000 entries": ((10000, 4), (10000, 1)),
          "10,000 entries to none, 1 thread": ((10000, 1), (0, 1)),
          "10,000 entries to none, 4 threads": ((10000, 4), (0, 4))}
# {(entries, threads): pairs per second, once for each measurement}
Throughput = dict[tuple[int, int], list[float]]


def prepare(tree_name: str, xen: str, variant: Variant = PATCHED, kind: str = kernels.BENCH,
            fault: str = "") -> Boot:
    """Return the Boot of one dom0 with four CPUs.

    kind  -- LOCKDEP for a kernel with lockdep; SANITIZE or KCSAN for one with sanitizers
    fault -- a fault of the run, which the rig must detect (see dom0/init)
    """
    tree = trees.get(tree_name)
    name = "-".join(filter(None, (f"{tree.name}-xen{xen}-{ARCH}-{variant.name}-stress",
                                  kind if kind != kernels.BENCH else "", fault)))
    about = "with four CPUs" + (" and lockdep" if kind == kernels.LOCKDEP else "")
    args = f"{MACHINE.dom0_args} {HOTPLUG} workload=stress" + (
        f" fault={fault}" if fault else "")
    return Boot(tree, xen, variant, kernels.recipe(tree, kind=kind, modules=(MODULE,)),
                BUILD / "dom0" / name, about, args,
                machine=LARGE if kind == kernels.SANITIZE else MACHINE,
                control=expected.NO_FAILURES)


def run(tree_name: str, xen: str, variant: Variant = PATCHED) -> list[Run]:
    """Return the Runs of two boots: without debug options, and with lockdep."""
    return [prepare(tree_name, xen, variant, kind).run()
            for kind in (kernels.BENCH, kernels.LOCKDEP)]


def throughput(console: str) -> Throughput:
    """Return the throughputs on a console."""
    found: Throughput = {}
    for line in MEASURED.findall(console):
        entries, threads, pairs, ns = map(int, line)
        found.setdefault((entries, threads), []).append(pairs / ns * 1e9)
    return found


def rows(found: Throughput) -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and each ratio as median, least and most of its times."""
    yield ("throughput of map and unmap", "median", "least", "most")
    for name, (over, under) in RATIOS.items():
        ratios = [a / b for a, b in zip(found[over], found[under])]
        yield (name, *(f"{n:.2f}" for n in (statistics.median(ratios), min(ratios), max(ratios))))


def text(runs: list[Run]) -> str:
    """Return the messages of the tests, the ratios and the summaries as text."""
    lines = []
    for run in runs:
        lines += [f"{name}: {message}" for name, (_, message) in run.tests.items()
                  if message and "throughput" not in name]
        found = throughput((run.home / "console.log").read_text(errors="replace"))
        if all(pair in found for pairs in RATIOS.values() for pair in pairs):
            lines += ["", tables.text(rows(found)), ""]
        lines.append(report.summary(run))
    return "\n".join(lines)
