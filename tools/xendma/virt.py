# SPDX-License-Identifier: GPL-2.0
"""QEMU's arm64 machine "virt", with our devices in its device tree."""

from . import kernel
from .common import BUILD, need, run, scratch, write

DOM0 = kernel.TESTS / "dom0"
INIT = DOM0 / "init"
QEMU = "qemu-system-aarch64"
XEN = "boot/xen-{}-arm64"
MACHINE = "virt,virtualization=on,gic-version=2"
HARDWARE = ["-cpu", "cortex-a57", "-smp", "1", "-m", "1G"]
QUIET = ["-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot"]
KERNEL_ADDR, RAMDISK_ADDR = 0x50000000, 0x58000000
LAST = None	# QEMU ends by itself
XEN_ARGS = "console=dtuart dtuart=/pl011@9000000 dom0_mem=256M dom0_max_vcpus=1"
# 4 MiB of bounce buffers: as small as dom0 is, it would have itself fewer.
# The log has the results as well, and tests read what the kernel has logged at first.
DOM0_ARGS = "console=hvc0 panic=-1 panic_on_oops=1 swiotlb=2048 log_buf_len=1M"
# The same for a kernel without Xen, which must not speak in the middle of a result.
BARE_ARGS = DOM0_ARGS.replace("hvc0", "ttyAMA0") + " deferred_probe_timeout=-1"


def with_devices(base, to, more):
    """Compile a machine's device tree with our devices.

    base -- the machine's own, as text; more -- what dom0.dts is to know
    """
    need("dtc", "cpp")
    with scratch(BUILD) as tmp:
        write(tmp / "base.dts", base.replace("/dts-v1/;", "", 1))
        values = {"BASE": f'"{tmp}/base.dts"', **more}
        text = run(["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                    *(f"-D{k}={v}" for k, v in values.items()), DOM0 / "dom0.dts"],
                   "preprocessing the device tree")
        write(tmp / "dom0.dts", text)
        run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", to, tmp / "dom0.dts"],
            "compiling the device tree")


def device_tree(machine, to, more, hardware=HARDWARE):
    """QEMU's device tree with our devices; more -- what dom0.dts is to know."""
    need("dtc", QEMU)
    with scratch(BUILD) as tmp:
        run([QEMU, "-machine", f"{machine},dumpdtb={tmp}/base.dtb", *hardware, *QUIET],
            "asking QEMU for its device tree")
        base = run(["dtc", "-q", "-I", "dtb", "-O", "dts", tmp / "base.dtb"],
                   "reading QEMU's device tree")
    with_devices(base, to, more)


def placed(name, addr, path):
    """What device_tree() is to know of a file that is loaded to an address."""
    return {f"{name}_UNIT": f"{addr:x}", f"{name}_ADDR": f"{addr:#x}",
            f"{name}_SIZE": f"{path.stat().st_size:#x}"}


def loader(addr, path):
    """QEMU's arguments for that."""
    return ["-device", f"loader,file={path},addr={addr:#x},force-raw=on"]


def for_xen(image, initrd, dom0_args, xen_args=XEN_ARGS, addrs=(KERNEL_ADDR, RAMDISK_ADDR)):
    """What a boot loader tells Xen, for device_tree()."""
    values = {"XEN_ARGS": f'"{xen_args}"', "DOM0_ARGS": f'"{dom0_args}"'}
    for name, addr, path in zip(("KERNEL", "RAMDISK"), addrs, (image, initrd)):
        values |= placed(name, addr, path)
    return values


def loaded(hypervisor, dtb, image, initrd, addrs=(KERNEL_ADDR, RAMDISK_ADDR)):
    """QEMU's arguments for Xen and a dom0, at the addresses that for_xen() has told."""
    args = [*QUIET, "-serial", "stdio", "-kernel", str(hypervisor), "-dtb", str(dtb)]
    for addr, path in zip(addrs, (image, initrd)):
        args += loader(addr, path)
    return args


def qemu_xen(hypervisor, dtb, image, initrd):
    """The command line that boots Xen with a dom0."""
    return [QEMU, "-machine", MACHINE, *HARDWARE, *loaded(hypervisor, dtb, image, initrd)]


def without_xen(home, image, initrd, args, more=()):
    """The command line that boots the same kernel without Xen; more -- as command() has it."""
    machine = MACHINE.replace("virtualization=on,", "")
    device_tree(machine, home / "dom0.dtb", dict(more))
    return [QEMU, "-machine", machine, *HARDWARE, *QUIET, "-serial", "stdio",
            "-dtb", str(home / "dom0.dtb"), "-kernel", str(image), "-initrd", str(initrd),
            "-append", args]


def command(_tree, home, hypervisor, image, initrd, dom0_args, xen_args, more=()):
    """What boots these; with a device tree in home, which is told more as well."""
    device_tree(MACHINE, home / "dom0.dtb",
                for_xen(image, initrd, dom0_args, xen_args) | dict(more))
    return qemu_xen(hypervisor, home / "dom0.dtb", image, initrd)
