# SPDX-License-Identifier: GPL-2.0
"""make demo: drivers of the kernel in a dom0, before and after, with their pictures."""

import re
import shlex
import subprocess
import threading
import time

from . import dom0, kernel, picture, qmp, tree as trees, verdict, virt
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


def watch(argv, home):
    """Run QEMU and take pictures: (console log, timed out, what is wrong with pictures)."""
    ended, wrong, monitor = [], [], None
    with open(home / "console.log", "w", encoding="utf-8") as out, subprocess.Popen(
            [*argv, *qmp.argv_of(home / "qmp")], text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as qemu:
        timer = threading.Timer(dom0.TIMEOUT, lambda: (ended.append(True), qemu.kill()))
        timer.start()
        try:
            for line in qemu.stdout:
                line = line.replace("\r", "")
                out.write(line)
                if ASKED.match(line):
                    monitor = monitor or qmp.Monitor(home / "qmp")
                    wrong.append(answer(line, monitor, home))
                    qemu.stdin.write("\n")
                    qemu.stdin.flush()
        finally:
            timer.cancel()
            qemu.kill()
            if monitor:
                monitor.close()
    log = (home / "console.log").read_text(encoding="utf-8")
    if "(XEN)" not in log:
        raise Stop(f"QEMU did not start: see {home}/console.log")
    return log, bool(ended), [line for line in wrong if line]


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
    sources = [*sorted(kernel.CLIENTS.glob("*.c")), kernel.TESTS / "runner.c"]
    initrd = dom0.ramdisk(built.modules, home / "initrd.gz",
                          more=[dom0.program("xen_dma_clients", sources, kernel.ARCH)])
    argv = virt.command(tree, home, hypervisor, built.image, initrd,
                        f"{virt.DOM0_ARGS} {ARGS}", virt.XEN_ARGS, {"CLIENTS": "1"})
    write(home / "command", shlex.join(argv) + "\n")
    result = dom0.Run(tree.name, tree.release, xen, variant.name, built.applied, built.series,
                      home, control=kernel.CLIENTS / "stock-failures.ini")
    say(f"booting {result.name}, with displays and remote processors")
    started = time.monotonic()
    log, timed_out, wrong = watch(argv, home)
    result.seconds = time.monotonic() - started
    result.verdict, result.detail = verdict.judge(log, timed_out)
    if verdict.PLAN.search(log):
        said = verdict.comments(log)
        result.tests = {name: (status, said.get(name, ""))
                        for name, status in verdict.statuses(log, tree.path).items()}
    return result, wrong
