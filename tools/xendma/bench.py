# SPDX-License-Identifier: GPL-2.0
"""make bench: cost of one map and unmap, in instructions.

QEMU's -icount makes one nanosecond of every instruction, so that a count can be
repeated.  The kernels have no debug options; KUnit and kprobes are in all of them.
"""

import re
import shlex

from . import dom0, kernel, tree as trees, virt
from .common import BUILD, Stop, need, say, write

ICOUNT = ["-icount", "shift=0,sleep=off"]
ARGS = "console={} panic=-1 swiotlb=2048 workload=bench"
LINE = re.compile(r"^# cost,(.*)$", re.M)
FIELDS = ("memory", "device", "bytes", "dir")
KERNELS = {"stock": kernel.STOCK, "RFC": kernel.RFC, "series": kernel.PATCHED}
BARE = "no Xen"
NOISE = 0.005	# of a count, the most that two measurements may differ by
# Instructions for the own pool, more than for a coherent device: a search in memblock
# for map and for unmap, and then a comparison with the pool.
OWN = 160


def boot(tree, xen, variant):
    """{(memory, device, bytes, direction): (instructions, hypercalls)}.

    xen -- None: the same kernel without Xen
    """
    built = kernel.build(tree, variant, extra=kernel.BENCH)
    home = BUILD / "bench" / f"{tree.name}-{f'xen{xen}' if xen else 'bare'}-{variant.name}"
    home.mkdir(parents=True, exist_ok=True)
    initrd = dom0.ramdisk(built.modules, home / "initrd.gz")
    if xen:
        more = virt.for_xen(built.image, initrd, ARGS.format("hvc0"))
        virt.device_tree(virt.MACHINE, home / "dom0.dtb", more)
        argv = virt.qemu_xen(dom0.xen_binary(xen), home / "dom0.dtb", built.image, initrd)
    else:
        argv = virt.without_xen(home, built.image, initrd, ARGS.format("ttyAMA0"))
    argv += ICOUNT
    write(home / "command", shlex.join(argv) + "\n")
    say(f"measuring Linux {tree.release} {variant.name}, {f'Xen {xen}' if xen else 'without Xen'}")
    log, timed_out = dom0.boot(argv, home / "console.log", False, dom0.TIMEOUT)
    if timed_out or "# costs complete" not in log:
        raise Stop(f"the measurement did not end; see {home}/console.log")
    found = {}
    for line in LINE.findall(log):
        *case, cost, calls = line.split(",")
        found[tuple(case)] = (float(cost), int(calls))
    return found


def measure(tree_name, xen):
    """(tree, counts, counts again) of one tree under one Xen, and without."""
    need(virt.QEMU)
    tree = trees.get(tree_name)
    twice = []
    for _ in range(2):
        counts = {name: boot(tree, xen, variant) for name, variant in KERNELS.items()}
        counts[BARE] = boot(tree, None, kernel.PATCHED)
        twice.append(counts)
    return tree, *twice


def apart(counts, again):
    """The largest difference of two measurements, as a fraction."""
    return max(abs(counts[name][case][0] - again[name][case][0]) / counts[name][case][0]
               for name in counts for case in counts[name])


def wrong(tree, counts, again):
    """Costs above the limits, one line each.

    RAM costs at most what it costs on stock, but for the noise of these measurements.
    The part "next" maintains the own pool without Xen.
    """
    noise = apart(counts, again)
    lines = []
    if noise > NOISE:
        lines.append(f"two measurements differ by {noise:.2%}, more than {NOISE:.1%}")
    own_pool = any(p.part == "next" for p in kernel.for_tree(tree))
    for case, (ours, calls) in counts["series"].items():
        memory, device = case[:2]
        stock = counts["stock"][case][0]
        coherent = counts["series"][("RAM", "coherent", *case[2:])][0]
        if memory == "RAM" and ours > stock * (1 + noise):
            lines.append(f"{', '.join(case)}: {ours:.0f}, on stock {stock:.0f}")
        if device != "owner" or not own_pool:
            continue
        if calls:
            lines.append(f"{', '.join(case)}: {calls} hypercalls, wanted none")
        if ours > coherent + OWN:
            lines.append(f"{', '.join(case)}: {ours:.0f}, a coherent device {coherent:.0f}")
        if ours > stock:
            lines.append(f"{', '.join(case)}: {ours:.0f}, and {stock:.0f} on stock")
    return lines


def rows(counts):
    """The table: a head, and a row for each case."""
    under_xen = [n for n in counts if n != BARE]
    yield (*FIELDS, *counts, "calls")
    for case in counts["series"]:
        yield (*case, *(f"{counts[n][case][0]:.0f}" for n in counts),
               "/".join(str(counts[n][case][1]) for n in under_xen))
