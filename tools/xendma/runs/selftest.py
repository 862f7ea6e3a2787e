# SPDX-License-Identifier: GPL-2.0
"""make dom0: boot one dom0 and run the tests in it."""

import shlex
import time

from ..util.archs import ARCH
from ..util.errors import say
from ..util.files import write
from ..util.paths import BUILD
from ..util.process import need
from ..sources import hypervisor, tree as trees
from ..results.run import Run
from ..series import select
from ..rig import boot, build, initramfs
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED


def run(tree_name, xen, variant=PATCHED, provoke="", show=True, timeout=boot.TIMEOUT,
        cells=False, arch=ARCH):
    """Boot one dom0 and run the tests.

    variant -- STOCK, PATCHED or another Variant
    provoke -- another way to end (see dom0/init; "xen": Xen panics), to see
               that the rig notices
    cells   -- tell of every cell, not only of rows
    """
    binary = hypervisor.xen_binary(xen, arch)
    machine = MACHINES[arch]
    need(machine.QEMU)
    tree = trees.get(tree_name)
    built = build.build(tree, variant, arch)
    what = f"{tree.name}-xen{xen}-{arch}-{variant.name}"
    home = BUILD / "dom0" / (what + (f"-{provoke}" if provoke else ""))
    home.mkdir(parents=True, exist_ok=True)
    result = Run(tree.name, tree.release, xen, variant.name, built.applied, built.series,
                 home, arch)

    initrd = initramfs.ramdisk(built.modules, home / "initrd.gz", arch)
    xen_args = machine.XEN_ARGS
    if provoke == "xen":	# more memory for dom0 than there is: Xen panics
        xen_args = xen_args.replace("256M", "8G")
    mainline = any(p.part == "next" for p in select.for_tree(tree))
    dom0_args = machine.DOM0_ARGS + (f" provoke={provoke}" if provoke else "") + \
        " cells=1" * cells + " mainline=1" * mainline
    argv = machine.command(tree, home, binary, built.image, initrd, dom0_args, xen_args)
    write(home / "command", shlex.join(argv) + "\n")

    say(f"booting {result.name}{', provoked: ' + provoke if provoke else ''}")
    started = time.monotonic()
    log, timed_out = boot.boot(argv, home / "console.log", show, timeout, machine.LAST)
    result.seconds = time.monotonic() - started
    boot.judge(result, tree, log, timed_out)
    return result
