# SPDX-License-Identifier: GPL-2.0
"""QEMU's x86 machine "q35", with the device "edu", which does DMA."""

import gzip

from ...util.files import write
from ...util.paths import TESTS
from . import virt

INIT = TESTS / "edu/init"
QEMU = "qemu-system-x86_64"
LAST = None	# QEMU ends by itself
# Memory for dom0 up to where the machine frames of the test device are.
XEN_ARGS = "console=com1 com1=115200,8n1 dom0=pv dom0_mem=768M dom0_max_vcpus=1 noreboot"
DOM0_ARGS = "console=hvc0 panic=-1 panic_on_oops=1 earlyprintk=xen"


def command(_tree, home, hypervisor, image, initrd, dom0_args, xen_args):
    """What boots these.  Multiboot wants Xen as an ELF file, not compressed."""
    elf = home / "xen"
    write(elf, gzip.decompress(hypervisor.read_bytes()))
    # By itself the device reaches 28 bits, and dom0's memory lies higher.
    return [QEMU, "-machine", "q35", "-cpu", "qemu64", "-smp", "1", "-m", "1G", *virt.QUIET,
            "-serial", "stdio", "-device", "edu,dma_mask=0xffffffff", "-kernel", str(elf),
            "-append", xen_args, "-initrd", f"{image} {dom0_args},{initrd}"]
