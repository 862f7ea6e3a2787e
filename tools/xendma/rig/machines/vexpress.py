# SPDX-License-Identifier: GPL-2.0
"""QEMU's 32-bit ARM board "vexpress-a15", with the device tree of the kernel."""

from ...util.files import scratch, write
from ...util.paths import BUILD
from ...util.process import run
from ...util.versions import in_window
from . import virt

INIT = virt.INIT
QEMU = "qemu-system-arm"
MACHINE = "vexpress-a15,secure=off,virtualization=on"
ADDRS = 0x90000000, 0x98000000	# of kernel and ramdisk
XEN_ARGS = "console=dtuart dtuart=serial0 dom0_mem=256M dom0_max_vcpus=1"
# So much for vmalloc() makes highmem of the last 12 MiB, and CMA and the dynamic
# pool are all of that: a module whose code is in highmem does not get on here.
# In 5.10, not yet in 6.1, the 8 MiB before the vmalloc area do not count.
VMALLOC = {"..5.10": "644M", "5.11..": "636M"}
# What has no driver is not told of after ten seconds, in the middle of a result.
DOM0_ARGS = virt.DOM0_ARGS + " cma=8M@0xb7400000 deferred_probe_timeout=-1"
# As in dom0.dts, for this board.
PLACES = {"RAM": "0x80000000", "ONCHIP": "0x9f000000", "BANK2": "0xb0000000",
          "REGISTERS": "0x1c000000",
          "DYNAMIC_SIZE": "0x400000"}
# Xen cannot reset the board, so QEMU does not end by itself.
LAST = r"\(XEN\) Hardware Dom0 (halted|crashed|rebooted|shutdown)"


def board(tree, tmp):
    """The board's device tree as the kernel has it, as one dts."""
    places = [tree.path / "arch/arm/boot/dts/arm", tree.path / "arch/arm/boot/dts"]
    (source,) = [p / "vexpress-v2p-ca15-tc1.dts" for p in places
                 if (p / "vexpress-v2p-ca15-tc1.dts").is_file()]
    text = run(["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                *(f"-I{p}" for p in (*places, tree.path / "include")), source],
               "preprocessing the board's device tree")
    write(tmp / "board.dts", text)
    return run(["dtc", "-q", "-I", "dts", "-O", "dts", tmp / "board.dts"],
               "reading the board's device tree")


def command(tree, home, hypervisor, image, initrd, dom0_args, xen_args):
    """What boots these; with a device tree in home."""
    (vmalloc,) = [v for window, v in VMALLOC.items() if in_window(window, tree.version)]
    more = virt.for_xen(image, initrd, f"{dom0_args} vmalloc={vmalloc}", xen_args, ADDRS)
    with scratch(BUILD) as tmp:
        virt.with_devices(board(tree, tmp), home / "dom0.dtb", {**PLACES, **more})
    return [QEMU, "-machine", MACHINE, "-audiodev", "none,id=none",
            "-cpu", "cortex-a15", "-smp", "1", "-m", "1G",
            *virt.loaded(hypervisor, home / "dom0.dtb", image, initrd, ADDRS)]
