# SPDX-License-Identifier: GPL-2.0
"""make demo: other domains, whose frames dom0 maps for a device.

Xen makes one by itself, whose grants a test module maps; xl makes others, which
have a disk by blkback.
"""

from ..util.archs import ARCH
from ..util.files import write
from ..sources import hypervisor, toolstack
from ..rig import initramfs
from ..rig.variant import PATCHED
from ..rig.machines import virt
from . import drivers

# Xen 4.14 gives a domain that it makes by itself no grant table.
XENS = ("4.20", "4.17")
# Four CPUs with a GIC of version 2 have hung.
MACHINE = "virt,virtualization=on,gic-version=3"
HARDWARE = ["-cpu", "cortex-a57", "-smp", "4", "-m", "1G"]
# All CPUs would wait for the lock of the one queue, and get nowhere where the host has fewer.
XEN_ARGS = ("console=dtuart dtuart=/pl011@9000000 dom0_mem=256M dom0_max_vcpus=4 "
            "credit2_runqueue=cpu")
# Of kernel and ramdisk.  Xen 4.20 gives up if it comes upon 64 MiB of free memory
# below dom0's first bank, so leave none: two of these are in two such pieces each.
ADDRS = 0x4fc00000, 0x5c000000
GUEST_ADDRS = {"GUEST_KERNEL": 0x57c00000, "GUEST_RAMDISK": 0x44000000}
DISK_SIZE = 16 << 20
# xl's: {where it is in the ramdisk: where in dom0/}.
SCRIPTS = {"bin/toolstack": "toolstack", "bin/block": "block", "etc/xen/disk.cfg": "disk.cfg"}


def command(tree, xen, built, home):
    """What boots dom0, with what the other domains are made of; its files are in home."""
    program = drivers.program(tree, ARCH)
    theirs = initramfs.ramdisk(built.modules, home / "guest-initrd.gz", more=program)
    initrd = initramfs.ramdisk(built.modules, home / "initrd.gz", more={
        **program, **toolstack.files(xen), "boot/kernel": built.image, "boot/ramdisk": theirs,
        **{name: virt.DOM0 / source for name, source in SCRIPTS.items()}})
    guest = list(zip(GUEST_ADDRS, GUEST_ADDRS.values(), (built.image, theirs)))
    more = {"CLIENTS": "1"}
    for name, addr, path in guest:
        more |= virt.placed(name, addr, path)
    more |= virt.for_xen(built.image, initrd, f"{virt.DOM0_ARGS} {drivers.ARGS} guest=1",
                         XEN_ARGS, ADDRS)
    virt.device_tree(MACHINE, home / "dom0.dtb", more, HARDWARE)
    argv = [virt.QEMU, "-machine", MACHINE, *HARDWARE,
            *virt.loaded(hypervisor.xen_binary(xen), home / "dom0.dtb", built.image, initrd, ADDRS)]
    for _, addr, path in guest:
        argv += virt.loader(addr, path)
    write(home / "disk", bytes(DISK_SIZE))
    return argv + ["-drive", f"if=none,id=disk,format=raw,file={home / 'disk'}",
                   "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31"]


def run(xen, variant=PATCHED):
    """The Run of one boot, with all domains from the same kernel."""
    tree, built, result = drivers.prepared("newest", xen, variant, extra="guest")
    drivers.booted(result, tree, command(tree, xen, built, result.home), "with other domains")
    return result
