# SPDX-License-Identifier: GPL-2.0
"""QEMU's 32-bit ARM board "vexpress-a15", with the device tree of the kernel."""

import dataclasses

from ...util.errors import UserError
from ...util.versions import in_window
from . import virt
from .machine import Load, Machine


BOARD = "vexpress-a15,secure=off,virtualization=on"
# Newer trees have a directory for the maker of the board.
DTS = ["arch/arm/boot/dts/arm/vexpress-v2p-ca15-tc1.dts",
       "arch/arm/boot/dts/vexpress-v2p-ca15-tc1.dts"]
ADDRS = 0x90000000, 0x98000000	# of kernel and ramdisk
# With a vmalloc area of this size, the last 12 MiB are highmem. CMA and the dynamic pool
# are all of these, because a module does not work if its code is in highmem.
# Linux 5.10 does not count the 8 MiB before the vmalloc area.
VMALLOC = {"..5.10": "644M", "5.11..": "636M"}
# Values for dom0.dts on this board.
PLACES = {"RAM": "0x80000000", "ONCHIP": "0x9f000000", "BANK2": "0xb0000000", "END": "0xa8000000",
          "REGISTERS": "0x1c000000", "UART": "0x1c090000",
          "DYNAMIC_SIZE": "0x400000"}


class Vexpress(Machine):
    """The board.  Xen cannot reset it, so QEMU does not end by itself."""
    qemu = "qemu-system-arm"
    xen_args = "console=dtuart dtuart=serial0 dom0_mem=256M dom0_max_vcpus=1"
    # The kernel must not report devices without a driver in the middle of a result.
    dom0_args = virt.DOM0_ARGS + " cma=8M@0xb7400000 deferred_probe_timeout=-1"
    last = virt.DOM0_ENDED

    def command(self, load: Load) -> list[str]:
        """Return the command line; write the device tree."""
        if not load.hypervisor:
            raise UserError("ARCH=arm boots under Xen only")
        (vmalloc,) = [v for window, v in VMALLOC.items()
                      if in_window(window, load.tree.version)]
        load = dataclasses.replace(load, args=f"{load.args} vmalloc={vmalloc}")
        dtb = virt.board_dtb(load, DTS, PLACES, ADDRS)
        return [self.qemu, "-machine", BOARD, "-audiodev", "none,id=none",
                "-cpu", "cortex-a15", "-smp", "1", "-m", "1G",
                *virt.qemu_args(load, dtb, ADDRS)]
