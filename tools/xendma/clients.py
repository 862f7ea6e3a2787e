# SPDX-License-Identifier: GPL-2.0
"""make demo: drivers of the kernel in a dom0, before and after, with their pictures."""

import re
import shlex
import time

from . import dom0, kernel, picture, qmp, tree as trees, virt
from .common import BUILD, Stop, say, write

# arcpgu does not say how long a segment it takes, and dma-debug warns of that.
ARGS = "provoke=clients dma_debug=off"
ASKED = re.compile(r"^# picture (\S+) of (\S+), crc32 ([0-9a-f]{8})$")


def answer(line, monitor, home):
    """Take the picture that a line asks for: None, or what is wrong with it."""
    name, display, crc = ASKED.match(line).groups()
    seen = picture.take(monitor, display, home / f"{name}.png")
    if seen is None:
        return f"{name}: {display} was not given a frame buffer"
    if seen != int(crc, 16):
        return f"{name}: {display} reads something else than was painted"
    return None


class Photographer:
    """Takes the pictures that the console asks for; wrong -- what is wrong with them."""

    def __init__(self, home):
        self.home, self.monitor, self.wrong = home, None, []

    def __call__(self, line):
        if not ASKED.match(line):
            return None
        self.monitor = self.monitor or qmp.Monitor(self.home / "qmp")
        self.wrong += filter(None, [answer(line, self.monitor, self.home)])
        return "\n"

    def close(self):
        if self.monitor:
            self.monitor.close()


def run(tree_name, xen, variant=kernel.PATCHED):
    """(Run, what is wrong with its pictures) of one boot."""
    tree, hypervisor = trees.get(tree_name), dom0.xen_binary(xen)
    if not kernel.has_clients(tree, kernel.ARCH):
        raise Stop(f"TREE={tree_name}: make demo is for the newest tree")
    built = kernel.build(tree, variant)
    home = BUILD / "dom0" / f"{tree.name}-xen{xen}-{kernel.ARCH}-{variant.name}-clients"
    home.mkdir(parents=True, exist_ok=True)
    for old in home.glob("*.png"):
        old.unlink()
    sources = [*sorted(kernel.CLIENTS.glob("*.c")), kernel.TESTS / "runner.c",
               kernel.TESTS / "seen.c"]
    initrd = dom0.ramdisk(built.modules, home / "initrd.gz",
                          more=[dom0.program("xen_dma_clients", sources, kernel.ARCH)])
    argv = virt.command(tree, home, hypervisor, built.image, initrd,
                        f"{virt.DOM0_ARGS} {ARGS}", virt.XEN_ARGS, {"CLIENTS": "1"})
    argv += qmp.argv_of(home / "qmp")
    write(home / "command", shlex.join(argv) + "\n")
    result = dom0.Run(tree.name, tree.release, xen, variant.name, built.applied, built.series,
                      home, control=kernel.CLIENTS / "stock-failures.ini")
    say(f"booting {result.name}, with displays and remote processors")
    started, photographer = time.monotonic(), Photographer(home)
    try:
        log, timed_out = dom0.boot(argv, home / "console.log", False, dom0.TIMEOUT,
                                   answer=photographer)
    finally:
        photographer.close()
    result.seconds = time.monotonic() - started
    dom0.judge(result, tree, log, timed_out)
    return result, photographer.wrong
