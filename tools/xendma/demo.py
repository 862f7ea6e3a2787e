# SPDX-License-Identifier: GPL-2.0
"""make demo: drivers of the kernel in a dom0, before and after."""

from . import clients, guest, kernel, report, sound


def boots(xen, variant, arch):
    """[(Run, what is wrong besides its tests)] of one kernel."""
    if arch == sound.ARCH:
        return [sound.run(xen, variant)]
    ran = [clients.run(xen, variant, arch)]
    if arch == kernel.ARCH and xen in guest.XENS:
        ran.append((guest.run(xen, variant), []))
    return ran


def both(xen, arch):
    """([(Run of stock, Run of patched)], what is wrong, one line each)."""
    ran = [boots(xen, variant, arch) for variant in (kernel.STOCK, kernel.PATCHED)]
    return ([(stock, patched) for (stock, _), (patched, _) in zip(*ran)],
            [line for kind in ran for run, wrong in kind for line in (*wrong, *report.wrong(run))])


def text(pairs):
    """What there is to see, for people."""
    lines, kept = [], []
    for stock, patched in pairs:
        lines.append(report.table(stock, patched))
        if clients.latencies(stock):
            lines.append(clients.ratios(stock, patched))
        lines += [report.summary(run) for run in (stock, patched)]
        kept += sorted(p for kind in ("*.png", "*.wav") for p in patched.home.glob(kind))
    return "\n".join([*lines, "what the displays and sound cards read:",
                      *(f"  {path}" for path in kept)])
