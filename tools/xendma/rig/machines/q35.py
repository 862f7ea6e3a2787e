# SPDX-License-Identifier: GPL-2.0
"""QEMU's x86 machine "q35", with the device "edu", which does DMA."""

import gzip

from ...util.errors import UserError
from ...util.files import write_file
from ...util.paths import TESTS
from . import virt
from .machine import Load, Machine


class Q35(Machine):
    """The machine; dom0 has memory up to the machine frames of the test device."""
    qemu = "qemu-system-x86_64"
    init = TESTS / "edu/init"
    xen_args = "console=com1 com1=115200,8n1 dom0=pv dom0_mem=768M dom0_max_vcpus=1 noreboot"
    dom0_args = "console=hvc0 panic=-1 earlyprintk=xen"

    def command(self, load: Load) -> list[str]:
        """Return the command line.  Multiboot needs Xen as an ELF file, not compressed."""
        if not load.hypervisor:
            raise UserError("ARCH=x86_64 boots under Xen only")
        elf = load.home / "xen"
        write_file(elf, gzip.decompress(load.hypervisor.read_bytes()))
        # By default the device has 28 address bits; the memory of dom0 is above them.
        return [self.qemu, "-machine", "q35", "-cpu", "qemu64", "-smp", "1", "-m", "1G",
                *virt.QUIET, "-serial", "stdio", "-device", "edu,dma_mask=0xffffffff",
                "-kernel", str(elf), "-append", load.xen_args,
                "-initrd", f"{load.image} {load.args},{load.initrd}"]
