# SPDX-License-Identifier: GPL-2.0
"""make demo: a second domain, whose frames dom0 maps for a device."""

from . import clients, dom0, kernel, virt

# Xen 4.14 gives a domain that it makes by itself no grant table.
XENS = ("4.20", "4.17")
CPUS = 4
ADDRS = {"GUEST_KERNEL": 0x54000000, "GUEST_RAMDISK": 0x5a000000}


def run(xen, variant=kernel.PATCHED):
    """The Run of one boot, with both domains from the same kernel and ramdisk."""
    tree, built, result = clients.prepared("newest", xen, variant, kind="guest")
    initrd = dom0.ramdisk(built.modules, result.home / "initrd.gz",
                          more=clients.files(tree, kernel.ARCH))
    more = {"CLIENTS": "1"}
    for name, addr in ADDRS.items():
        more |= {f"{name}_ADDR": f"{addr:#x}", f"{name}_UNIT": f"{addr:x}"}
    argv = virt.command(tree, result.home, dom0.xen_binary(xen), built.image, initrd,
                        f"{virt.DOM0_ARGS} {clients.ARGS} guest=1",
                        virt.XEN_ARGS.replace("max_vcpus=1", f"max_vcpus={CPUS}"), more)
    argv[argv.index("-smp") + 1] = str(CPUS)
    for path, addr in zip((built.image, initrd), ADDRS.values()):
        argv += ["-device", f"loader,file={path},addr={addr:#x},force-raw=on"]
    clients.booted(result, tree, argv, "with a second domain")
    return result
