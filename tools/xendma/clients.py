# SPDX-License-Identifier: GPL-2.0
"""make demo: displays and remote processors in a dom0, with their pictures."""

import re
import shlex
import time
import zlib

from . import dom0, kernel, picture, qmp, tree as trees
from .common import BUILD, Stop, say, write

# arcpgu does not say how long a segment it takes, and dma-debug warns of that.
ARGS = "workload=clients dma_debug=off"
# It counts in 100 ns: of fewer of them, a ratio says little.
COARSE = 10
MEASURED = re.compile(r"^# benchmark (.*): map (\d+), unmap (\d+)\r*$", re.M)
ASKED = re.compile(r"^# picture (\S+) of (\S+), (crc32 [0-9a-f]{8}|bars [0-9a-f ]+)$")

# Debian's modetest: {where it is in the ramdisk: (section of debian.ini, member)}.
PROGRAMS = {"bin/modetest": ("modetest", "usr/bin/modetest"),
            "lib/libdrm.so.2": ("libdrm", "usr/lib/*/libdrm.so.2.*"),
            "lib/libc.so.6": ("libc", "usr/lib/*/libc.so.6"),
            "lib/ld-linux-aarch64.so.1": ("libc", "usr/lib/*/ld-linux-aarch64.so.1")}
CONTROL = {"clients": "stock-failures.ini", "guest": "stock-failures-guest.ini",
           "bare": "stock-failures-bare.ini"}
SECTIONS = sorted({section for section, _ in PROGRAMS.values()})


def bars(seen):
    """The colours along a line of the picture, as many as bars of modetest's pattern."""
    line = seen[picture.WIDTH * 4 * 100:]
    middles = (picture.WIDTH * (2 * i + 1) // 14 for i in range(7))
    return " ".join(line[x * 4:x * 4 + 3][::-1].hex() for x in middles)


def answer(line, monitor, home):
    """Take the picture that a line asks for: None, or what is wrong with it."""
    name, display, want = ASKED.match(line).groups()
    seen = picture.take(monitor, display, home / f"{name}.png")
    if seen is None:
        return f"{name}: {display} was not given a frame buffer"
    if want not in (f"crc32 {zlib.crc32(seen):08x}", f"bars {bars(seen)}"):
        return f"{name}: {display} reads something else than was painted"
    return None


def programs():
    """Debian's programs, as ramdisk() takes them."""
    return {name: dom0.extract(section, member, BUILD / "user" / name.rpartition("/")[2])
            for name, (section, member) in PROGRAMS.items()}


def latencies(run):
    """{what: (latency of a mapping, of an unmapping)}, as the benchmark says them."""
    return {what: (int(to), int(back)) for what, to, back in
            MEASURED.findall((run.home / "console.log").read_text(errors="replace"))}


def ratios(stock, patched):
    """The benchmark's results as text: only what they are to each other means something."""
    before, after = latencies(stock), latencies(patched)
    rows = [f"  {what:<34}" + "".join(f"{new / old:>8.2f}" if old >= COARSE else f"{'-':>8}"
                                      for old, new in zip(was, after[what]))
            for what, was in before.items() if what in after]
    return "\n".join(["dma_map_benchmark, patched to stock:      map   unmap", *rows])


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


def prepared(tree_name, xen, variant, arch=kernel.ARCH, extra=""):
    """(Tree, Kernel, Run) for a boot with drivers of the kernel, whose files are gone.

    xen   -- None without Xen
    extra -- as kernel.build() has it; such a boot has files and a control of its own
    """
    kind = extra or ("clients" if xen else "bare")
    tree = trees.get(tree_name)
    if not kernel.has_clients(tree, arch):
        raise Stop(f"TREE={tree_name} ARCH={arch}: make demo is for the newest tree, not for this")
    if xen:
        dom0.xen_binary(xen, arch)	# or there is nothing to build for
    built = kernel.build(tree, variant, arch, extra)
    where = f"xen{xen}" if xen else "qemu"
    home = BUILD / "dom0" / f"{tree.name}-{where}-{arch}-{variant.name}-{kind}"
    home.mkdir(parents=True, exist_ok=True)
    for old in (*home.glob("*.png"), *home.glob("*.wav")):
        old.unlink()
    return tree, built, dom0.Run(tree.name, tree.release, xen, variant.name, built.applied,
                                 built.series, home, arch,
                                 control=kernel.CLIENTS / CONTROL[kind])


def booted(result, tree, argv, what, last=None, answer=None):
    """Boot it, and say in its Run what came of that; the rest is as boot() has it."""
    write(result.home / "command", shlex.join(argv) + "\n")
    say(f"booting {result.name}, {what}")
    started = time.monotonic()
    log, timed_out = dom0.boot(argv, result.home / "console.log", False, dom0.TIMEOUT, last,
                               answer)
    result.seconds = time.monotonic() - started
    dom0.judge(result, tree, log, timed_out)


def sources(arch):
    """What the program is made of: 32-bit ARM has but one display."""
    names = ("clients.c", "display.c", "drm.c", "file.c", "runner.c") if arch == "arm" else ("*.c",)
    return [*(p for name in names for p in sorted(kernel.CLIENTS.glob(name))),
            *(kernel.TESTS / name for name in ("outcome.c", "seen.c"))]


def program(tree, arch):
    """Ours, as ramdisk() takes it."""
    return {"bin/xen_dma_clients": dom0.program("xen_dma_clients", sources(arch), arch,
                                                tree.path / "include/uapi")}


def run(xen, variant=kernel.PATCHED, arch=kernel.ARCH):
    """(Run, what is wrong with its pictures) of one boot of the newest tree.

    xen -- None: the same kernel and devices without Xen, on arm64 only
    """
    tree, built, result = prepared("newest", xen, variant, arch)
    home, machine = result.home, dom0.MACHINES[arch]
    more = ({"CLIENTS": "1"},) if arch == kernel.ARCH else ()
    files = program(tree, arch) | (programs() if arch == kernel.ARCH else {})
    initrd = dom0.ramdisk(built.modules, home / "initrd.gz", arch, files)
    if xen:
        argv = machine.command(tree, home, dom0.xen_binary(xen, arch), built.image, initrd,
                               f"{machine.DOM0_ARGS} {ARGS}", machine.XEN_ARGS, *more)
    else:
        argv = machine.without_xen(home, built.image, initrd, f"{machine.BARE_ARGS} {ARGS}",
                                   *more)
    photographer = Photographer(home)
    try:
        booted(result, tree, argv + qmp.argv_of(home / "qmp"), "with drivers of the kernel",
               machine.LAST, photographer)
    finally:
        photographer.close()
    return result, photographer.wrong
