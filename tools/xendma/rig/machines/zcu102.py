# SPDX-License-Identifier: GPL-2.0
"""QEMU's arm64 board "xlnx-zcu102", with the device tree of the kernel.

QEMU emulates its display controller, which reads pictures by DMA.
"""

from ...util.errors import UserError
from . import virt
from .machine import Load, Machine

NAME = "zcu102"
BOARD = "xlnx-zcu102,secure=off,virtualization=on"
DTS = ["arch/arm64/boot/dts/xilinx/zynqmp-zcu102-rev1.0.dts"]
ADDRS = virt.KERNEL_ADDR, virt.RAMDISK_ADDR
# Values for dom0.dts.  The board has memory where "virt" has it, and more.
PLACES = {"ZCU102": "1", "REGISTERS": "0xff000000"}
# The PHY of the display must say that the PLL of each lane is locked.  Addresses of
# zcu102.dtsi, offsets and bit of drivers/phy/xilinx/phy-zynqmp.c.
SERDES, LANE, PLL_STATUS, LOCKED = 0x70120000, 0x4000, 0x23e4, 0x10


class Zcu102(Machine):
    """The board; Xen cannot reset it, so QEMU does not end by itself."""
    qemu = virt.QEMU
    # With four CPUs and one run queue, Xen hangs on a host with fewer CPUs.
    xen_args = "console=dtuart dtuart=serial0 dom0_mem=256M maxcpus=1 dom0_max_vcpus=1"
    dom0_args = virt.DOM0_ARGS + " deferred_probe_timeout=-1"
    last = virt.DOM0_ENDED

    def command(self, load: Load) -> list[str]:
        """Return the command line; write the device tree."""
        if not load.hypervisor:
            raise UserError("the board xlnx-zcu102 boots under Xen only")
        dtb = virt.board_dtb(load, DTS, PLACES, ADDRS)
        locked = [arg for lane in range(4) for arg in (
            "-device", f"loader,addr={SERDES + lane * LANE + PLL_STATUS:#x},data={LOCKED},"
            "data-len=4")]
        return [self.qemu, "-machine", BOARD, "-audiodev", "none,id=none", "-m", "2G",
                *virt.qemu_args(load, dtb, ADDRS), "-serial", "null", *locked]
