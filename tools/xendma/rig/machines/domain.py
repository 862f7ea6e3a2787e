# SPDX-License-Identifier: GPL-2.0
"""A direct-mapped domain with devices, which Xen creates, on QEMU's machine "virt".

Xen is the one of sources/xen_source.py.  The domain has an emulated UART.  Xen gives it
the keyboard, and prints its lines with the prefix of its own.
"""

import dataclasses
import pathlib
import re

from . import virt
from .machine import Load

ARGS = virt.DOM0_ARGS.replace("hvc0", "ttyAMA0") + " domain=1"
# dom0 has no console: its lines would stand between those of the domain.  A key ends dom0.
DOM0_ARGS = "console=none workload=idle"
# Addresses of the domain's files, and of those of dom0: they leave 128 MiB in one piece to
# dom0, besides the memory of domain.dtsi.  QEMU puts its device tree before them.
FILES = {"DOMAIN_KERNEL": 0x49000000, "DOMAIN_RAMDISK": 0x4a000000, "DOMAIN_DEVICES": 0x4b000000}
DOM0_FILES = 0x4c000000, 0x4e000000
PLACES = {"RAM": "0x40000000", "ONCHIP": "0x70000000", "REGISTERS": "0x09000000",
          "UART": "0x09000000", "END": "0x6c000000", "HOLE": "0x6d000000",
          "STATIC": "0x6f000000"}
SWITCH = "\x01" * 3	# gives the keyboard to the next domain
PREFIX = "(XEN) "
FIRST = "(XEN) *** Serial input to DOM0 (type 'CTRL-a' three times"
PANIC, END = "Kernel panic - ", "reboot: "
# The lines of Xen itself, once the domain has the keyboard.
OF_XEN = re.compile(r"\(XEN\) (d\d+v\d+|\*\*\*|Freed \d+kB init memory|Panic on CPU|Xen |"
                    r"Assertion |Hardware Dom0|FATAL)")


def compile_partial(to: pathlib.Path) -> None:
    """Compile the device tree with the devices of the domain."""
    virt.compile_dts(virt.DOM0 / "passthrough.dts", PLACES, to)


@dataclasses.dataclass(frozen=True)
class Domain(virt.Virt):
    """The domain; dom0 -- whether there is an idle dom0 beside it."""
    dom0: bool = False
    addrs: tuple[int, int] = DOM0_FILES
    xen_args: str = "console=dtuart dtuart=/pl011@9000000 dom0_mem=128M dom0_max_vcpus=1"

    dom0_args = ARGS

    def ended(self, line: str) -> bool:
        # Xen does not end when such a domain does, but dom0 then ends it.
        return line.startswith(PANIC if self.dom0 else (PANIC, END))

    def answer(self, line: str) -> str | None:
        if line.startswith(FIRST):
            return SWITCH
        return f"{SWITCH}{SWITCH}\n" if self.dom0 and line.startswith(END) else None

    def line(self, text: str) -> str:
        return text if OF_XEN.match(text) else text.removeprefix(PREFIX)

    def command(self, load: Load) -> list[str]:
        partial = load.home / "devices.dtb"
        compile_partial(partial)
        defines = {"DOMAIN_ARGS": f'"{load.args}"'}
        loaders = []
        for (name, addr), path in zip(FILES.items(), (load.image, load.initrd, partial)):
            defines |= virt.dt_module_defines(name, addr, path)
            loaders += virt.loader_args(addr, path)
        if not self.dom0:
            defines["WITHOUT_DOM0"] = "1"
        load = dataclasses.replace(load, args=DOM0_ARGS, defines=load.defines | defines)
        return super().command(load) + loaders
