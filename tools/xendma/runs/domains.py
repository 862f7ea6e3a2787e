# SPDX-License-Identifier: GPL-2.0
"""make demo: other domains, whose frames dom0 maps for a device.

Xen creates one domain, whose grants a test module maps.  xl creates others, which have
a disk by blkback.
"""

from ..util.archs import ARCH
from ..util.files import write_file
from ..sources import toolstack
from ..results import expected
from ..results.run import Run
from ..rig import initramfs
from ..rig.boot import Boot
from ..rig.variant import PATCHED, Variant
from ..rig.machines import virt
from . import drivers, kernels


# In Xen 4.14, a domain that Xen creates has no grant table.
XENS = ("4.20", "4.17")
# Xen 4.20 fails if it finds 64 MiB of free memory below dom0's first bank.  Place kernel
# and ramdisk of dom0 and of the guest so that no such piece is free.
ADDRS = 0x4fc00000, 0x5c000000
GUEST_ADDRS = {"GUEST_KERNEL": 0x57c00000, "GUEST_RAMDISK": 0x44000000}
# Four CPUs with a GIC of version 2 hung.  With one run queue, all CPUs wait for its lock,
# and make no progress on a host with fewer CPUs.
MACHINE = virt.Virt(
    "virt,virtualization=on,gic-version=3", ("-cpu", "cortex-a57", "-smp", "4", "-m", "1G"), ADDRS,
    "console=dtuart dtuart=/pl011@9000000 dom0_mem=256M dom0_max_vcpus=4 credit2_runqueue=cpu")
DISK_SIZE = 16 << 20
# Files for xl: {name in the initramfs: name in dom0/}.
SCRIPTS = {"bin/toolstack": "toolstack", "bin/block": "block", "etc/xen/disk.cfg": "disk.cfg"}


def prepare_xl(xen: str, variant: Variant, kind: str) -> Boot:
    """Return the Boot of a dom0 with xl, with a domain for it, and with a disk.

    kind -- as in kernels.fragments(); both domains have the same kernel
    """
    boot = drivers.prepare(xen, variant, kind=kind)
    program = drivers.program(boot.tree, ARCH)
    ramdisk = initramfs.initramfs(boot.kernel.modules, boot.home / "guest-initrd.gz", ARCH,
                                  MACHINE.init, program)
    boot.files = {**program, **toolstack.files(xen), "boot/kernel": boot.kernel.image,
                  "boot/ramdisk": ramdisk,
                  **{name: virt.DOM0 / source for name, source in SCRIPTS.items()}}
    boot.defines = {"DISK": "1"}
    disk = boot.home / "disk"
    write_file(disk, bytes(DISK_SIZE))
    boot.devices = ["-drive", f"if=none,id=disk,format=raw,file={disk}",
                    "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31"]
    return boot


def prepare(xen: str, variant: Variant) -> Boot:
    """Return the Boot of dom0, with the files for the other domains."""
    boot = prepare_xl(xen, variant, kernels.GUEST)
    boot.about, boot.machine = "with other domains", MACHINE
    boot.args = f"{MACHINE.dom0_args} {drivers.ARGS} guest=1"
    boot.defines |= {"CLIENTS": "1"}
    for (name, addr), path in zip(GUEST_ADDRS.items(),
                                  (boot.kernel.image, boot.files["boot/ramdisk"])):
        boot.defines |= virt.dt_module_defines(name, addr, path)
        boot.devices += virt.loader_args(addr, path)
    return boot


def prepare_many(xen: str, variant: Variant) -> Boot:
    """Return the Boot in which xl creates and destroys 50 domains."""
    boot = prepare(xen, variant)
    boot.home = boot.home.with_name(f"{boot.home.name}-many")
    boot.home.mkdir(parents=True, exist_ok=True)
    boot.about = "with 50 domains"
    boot.args = str(boot.args).replace("workload=clients", "workload=many")
    boot.control = expected.NO_FAILURES
    return boot


def run(xen: str, variant: Variant = PATCHED) -> tuple[Run, list[str]]:
    """Boot, with all domains from the same kernel; return (Run, faults of its pictures)."""
    return drivers.photograph(prepare(xen, variant))
