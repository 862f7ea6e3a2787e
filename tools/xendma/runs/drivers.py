# SPDX-License-Identifier: GPL-2.0
"""make demo: displays and remote processors in a dom0, with their pictures."""

import contextlib
import pathlib
import re
import zlib

from ..util.archs import ARCH
from ..util.errors import UserError
from ..util.paths import BUILD, TESTS
from ..sources import debian, tree as trees
from ..results.run import Run
from ..rig import initramfs, qmp, screenshot
from ..rig.boot import TIMEOUT, Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import kernels

# arcpgu sets no maximum segment size, and dma-debug warns of that.
ARGS = "workload=clients dma_debug=off"
# The benchmark counts in 100 ns; a ratio of fewer counts is not accurate.
COARSE = 10
MEASURED = re.compile(r"^# benchmark (.*): map (\d+), unmap (\d+)\r*$", re.M)
ASKED = re.compile(r"^# picture (\S+) of (\S+), (crc32 [0-9a-f]{8}|bars [0-9a-f ]+)$")

# modetest of Debian: {path in the ramdisk: (section of debian.ini, member)}.
PROGRAMS = {"bin/modetest": ("modetest", "usr/bin/modetest"),
            "lib/libdrm.so.2": ("libdrm", "usr/lib/*/libdrm.so.2.*"),
            "lib/libc.so.6": ("libc", "usr/lib/*/libc.so.6"),
            "lib/ld-linux-aarch64.so.1": ("libc", "usr/lib/*/ld-linux-aarch64.so.1")}
CONTROL = {"clients": "stock-failures.ini", "guest": "stock-failures-guest.ini",
           "bare": "stock-failures-bare.ini", "rate": "stock-failures-rate.ini",
           "zcu102": "stock-failures-zcu102.ini"}
SECTIONS = sorted({section for section, _ in PROGRAMS.values()})


def bar_colours(seen: bytes) -> str:
    """Return the colour of each bar in the pattern of modetest, from one line."""
    line = seen[screenshot.WIDTH * 4 * 100:]
    middles = (screenshot.WIDTH * (2 * i + 1) // 14 for i in range(7))
    return " ".join(line[x * 4:x * 4 + 3][::-1].hex() for x in middles)


def check_picture(line: str, monitor: qmp.Monitor, home: pathlib.Path) -> str | None:
    """Take the picture that a line requests; return its fault, or None."""
    asked = ASKED.match(line)
    assert asked
    name, display, expected = asked.groups()
    seen = screenshot.take(monitor, display, home / f"{name}.png")
    if seen is None:
        return f"{name}: {display} was not given a frame buffer"
    if expected not in (f"crc32 {zlib.crc32(seen):08x}", f"bars {bar_colours(seen)}"):
        return f"{name}: {display} reads something else than the painted picture"
    return None


def programs() -> dict[str, pathlib.Path]:
    """Return Debian's programs for the initramfs."""
    return {name: debian.extract(section, member, BUILD / "user" / name.rpartition("/")[2])
            for name, (section, member) in PROGRAMS.items()}


def latencies(run: Run) -> dict[str, tuple[int, int]]:
    """Return {name: (latency of a map, of an unmap)} of the benchmark."""
    return {what: (int(to), int(back)) for what, to, back in
            MEASURED.findall((run.home / "console.log").read_text(errors="replace"))}


def ratios(stock: Run, patched: Run) -> str:
    """Return the results of the benchmark as text; only their ratio is meaningful."""
    before, after = latencies(stock), latencies(patched)
    rows = [f"  {what:<34}" + "".join(f"{new / old:>8.2f}" if old >= COARSE else f"{'-':>8}"
                                      for old, new in zip(was, after[what]))
            for what, was in before.items() if what in after]
    return "\n".join(["dma_map_benchmark, patched to stock:      map   unmap", *rows])


class Photographer:
    """Take the pictures that the console requests.

    faults -- the faults of the pictures
    """

    def __init__(self, home: pathlib.Path):
        self.home = home
        self.monitor: qmp.Monitor | None = None
        self.faults: list[str] = []

    def __call__(self, line: str) -> str | None:
        if not ASKED.match(line):
            return None
        self.monitor = self.monitor or qmp.Monitor(self.home / "qmp")
        fault = check_picture(line, self.monitor, self.home)
        self.faults += [fault] if fault else []
        return "\n"

    def close(self) -> None:
        if self.monitor:
            self.monitor.close()


def remove_pictures(boot: Boot) -> None:
    """Remove what an earlier boot has shown or played."""
    for old in (*boot.home.glob("*.png"), *boot.home.glob("*.wav")):
        old.unlink()


def photograph(boot: Boot, timeout: float = TIMEOUT) -> tuple[Run, list[str]]:
    """Boot; return (Run, faults of its pictures)."""
    boot.devices += qmp.argv_of(boot.home / "qmp")
    with contextlib.closing(Photographer(boot.home)) as photographer:
        boot.answer = photographer
        return boot.run(timeout=timeout), photographer.faults


def prepare(xen: str | None, variant: Variant, arch: str = ARCH, kind: str = "",
            name: str = "") -> Boot:
    """Return the Boot of a kernel with drivers; remove pictures of an earlier boot.

    xen  -- None without Xen
    kind -- as in kernels.fragments()
    name -- of the boot, which has its own files and control; by default, the kind
    """
    name = name or kind or ("clients" if xen else "bare")
    tree = trees.get("newest")
    if not kernels.has_drivers(tree, arch):
        raise UserError(f"TREE=newest ARCH={arch}: make demo is not for this architecture")
    where = f"xen{xen}" if xen else "qemu"
    words = (tree.name, where, arch, variant.name, name, kind if kind != name else "")
    home = BUILD / "dom0" / "-".join(filter(None, map(str, words)))
    boot = Boot(tree, xen, variant, kernels.for_demo(tree, arch, kind), home,
                control=kernels.CLIENTS / CONTROL[name])
    remove_pictures(boot)
    return boot


def sources(arch: str) -> list[pathlib.Path]:
    """Return the sources of the program; 32-bit ARM has only one display."""
    names = ("clients.c", "display.c", "drm.c", "file.c", "runner.c") if arch == "arm" else ("*.c",)
    return [*(p for name in names for p in sorted(kernels.CLIENTS.glob(name))),
            *(TESTS / name for name in ("outcome.c", "seen.c"))]


def program(tree: trees.Tree, arch: str) -> dict[str, pathlib.Path]:
    """Return our program for the initramfs."""
    return {"bin/xen_dma_clients": initramfs.program(
        "xen_dma_clients", sources(arch), arch, tree.path / "include/uapi")}


def with_devices(xen: str | None, variant: Variant = PATCHED, arch: str = ARCH,
                 kind: str = "") -> Boot:
    """Return the Boot of the newest tree with displays and remote processors.

    xen  -- None: the same kernel and devices without Xen, on arm64 only
    kind -- as in kernels.fragments()
    """
    boot = prepare(xen, variant, arch, kind, "clients" if xen else "bare")
    machine = MACHINES[arch]
    boot.about = "with drivers of the kernel"
    boot.args = f"{machine.dom0_args if xen else machine.bare_args} {ARGS}"
    boot.defines = {"CLIENTS": "1"} if arch == ARCH else {}
    boot.files = program(boot.tree, arch) | (programs() if arch == ARCH else {})
    return boot


def run(xen: str | None, variant: Variant = PATCHED, arch: str = ARCH) -> tuple[Run, list[str]]:
    """Boot the newest tree; return (Run, faults of its pictures); as with_devices()."""
    return photograph(with_devices(xen, variant, arch))
