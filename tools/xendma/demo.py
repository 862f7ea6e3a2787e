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


def compared(xen, arch):
    """[(stock, another)]: what boots() has of each."""
    pairs = list(zip(boots(xen, kernel.STOCK, arch), boots(xen, kernel.PATCHED, arch)))
    if arch == kernel.ARCH:
        # Without the patches for Xen: drivers that no longer map coherent memory again.
        bare = clients.run(None, kernel.STOCK)
        pairs += [(pairs[0][0], clients.run(xen, kernel.CALLERS)),
                  (bare, clients.run(None, kernel.CALLERS))]
    return pairs


def both(xen, arch):
    """([(Run of stock, Run of another)], what is wrong, one line each)."""
    pairs = compared(xen, arch)
    lines = [line for pair in pairs for run, wrong in pair
             for line in (*wrong, *report.wrong(run))]
    # One stock kernel is in two pairs.
    return [(stock, other) for (stock, _), (other, _) in pairs], list(dict.fromkeys(lines))


def text(pairs):
    """What there is to see, for people."""
    lines, kept = [], []
    for stock, patched in pairs:
        lines.append(report.table(stock, patched))
        if clients.latencies(stock):
            lines.append(clients.ratios(stock, patched))
        lines += [report.summary(run) for run in (stock, patched)]
        if patched.variant == kernel.PATCHED.name:
            kept += sorted(p for kind in ("*.png", "*.wav") for p in patched.home.glob(kind))
    return "\n".join([*lines, "what the displays and sound cards read:",
                      *(f"  {path}" for path in kept)])
