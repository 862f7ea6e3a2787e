# SPDX-License-Identifier: GPL-2.0
"""make demo: drivers of the kernel in a dom0, before and after."""

from ..util.archs import ARCH
from ..sources import hypervisor
from ..results import report
from ..results.run import Run
from ..rig.variant import CALLERS, PATCHED, STOCK, Variant
from . import devices, domains, drivers, passthrough, rate, sound, zcu102

# A boot, and its faults besides those of its tests.
Judged = tuple[Run, list[str]]


def boots(xen: str, variant: Variant, arch: str) -> list[Judged]:
    """Boot one kernel for each demo; return [(Run, faults besides its tests)]."""
    if arch == sound.ARCH:
        return [sound.run(xen, variant)]
    ran = [drivers.run(xen, variant, arch)]
    if arch == ARCH and xen in domains.XENS:
        ran.append(domains.run(xen, variant))
    # make domain has a Xen of its own, so it needs one run only.
    if arch == ARCH and xen == hypervisor.versions()[0]:
        ran += [zcu102.run(xen, variant), (devices.run(xen, variant), [])]
        ran += passthrough.run("newest", variant)
    return ran


def boot_pairs(xen: str, arch: str) -> list[tuple[Judged, Judged]]:
    """Return pairs of stock and another kernel, each as in boots()."""
    pairs = list(zip(boots(xen, STOCK, arch), boots(xen, PATCHED, arch)))
    if arch == ARCH:
        # Kernels with only the patches for drivers that map coherent memory again.
        bare = drivers.run(None, STOCK)
        pairs += [(pairs[0][0], drivers.run(xen, CALLERS)),
                  (bare, drivers.run(None, CALLERS))]
    if arch == ARCH and xen == hypervisor.versions()[0]:
        pairs.append(((devices.run(None, STOCK), []), (devices.run(None, PATCHED), [])))
    if arch == ARCH and xen in domains.XENS:
        stock, *others = [rate.run(xen, variant) for variant in rate.VARIANTS]
        pairs += [(stock, other) for other in others]
    return pairs


def compare(xen: str, arch: str) -> tuple[list[tuple[Run, Run]], list[str]]:
    """Return ([(Run of stock, Run of another)], unexpected results, one line each)."""
    pairs = boot_pairs(xen, arch)
    lines = [line for pair in pairs for run, faults in pair
             for line in (*faults, *report.unexpected(run))]
    # Several pairs have the same stock kernel.
    return [(stock, other) for (stock, _), (other, _) in pairs], list(dict.fromkeys(lines))


def text(pairs: list[tuple[Run, Run]]) -> str:
    """Return tables, summaries and paths of pictures as text."""
    lines, kept = [], []
    for stock, patched in pairs:
        lines.append(report.table(stock, patched))
        if drivers.latencies(stock):
            lines.append(drivers.ratios(stock, patched))
        lines += [report.summary(run) for run in (stock, patched)]
        if patched.variant == PATCHED.name:
            kept += sorted(p for kind in ("*.png", "*.wav") for p in patched.home.glob(kind))
    measured = {run.home: run for pair in pairs if all(map(rate.load, pair)) for run in pair}
    lines += [rate.text(list(measured.values()))] if measured else []
    return "\n".join([*lines, "pictures and sounds that the devices read:",
                      *(f"  {path}" for path in kept)])
