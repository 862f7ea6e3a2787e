# SPDX-License-Identifier: GPL-2.0
"""Frames of another domain on x86: none appears in a mapping of dom0.

xl makes a second domain, which fills its memory with a pattern.  dom0 makes random calls
of the DMA API, and a program checks all pages that they show.
"""

import pathlib

from ..util.paths import BUILD, TESTS
from ..sources import toolstack, tree as trees
from ..results import expected
from ..results.run import Run
from ..rig import initramfs
from ..rig.boot import Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import kernels

ARCH = "x86_64"
PLACE = TESTS / "frames"
SECONDS = 60	# of random calls
# Files for xl: {name in the initramfs: file}.
SCRIPTS = {"bin/toolstack": TESTS / "dom0/toolstack", "etc/xen/frames.cfg": PLACE / "frames.cfg"}
# The functions of the faults stand before this one.
NEXT = "static int\nxen_swiotlb_dma_supported("
# An mmap, and a scatterlist, of machine frames.
RAW_MMAP = Variant("raw-mmap", spoil=(NEXT, """static int raw_mmap(
		struct device *dev, struct vm_area_struct *vma, void *cpu_addr,
		dma_addr_t dma_addr, size_t size, unsigned long attrs)
{
	if (vma->vm_pgoff + vma_pages(vma) > PAGE_ALIGN(size) >> PAGE_SHIFT)
		return -ENXIO;
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(dma_addr) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

""" + NEXT, "\t.mmap = dma_common_mmap,\n", "\t.mmap = raw_mmap,\n"))
RAW_TABLE = Variant("raw-table", spoil=(NEXT, """static int raw_table(
		struct device *dev, struct sg_table *sgt, void *cpu_addr,
		dma_addr_t dma_addr, size_t size, unsigned long attrs)
{
	int ret = sg_alloc_table(sgt, 1, GFP_KERNEL);

	if (!ret)
		sg_set_page(sgt->sgl, pfn_to_page(PHYS_PFN(dma_addr)), PAGE_ALIGN(size), 0);
	return ret;
}

""" + NEXT, "\t.get_sgtable = dma_common_get_sgtable,\n", "\t.get_sgtable = raw_table,\n"))
# The process sees no data of the device as long as memory is mapped and bounced.
NO_SYNC = Variant("no-sync", spoil=(
    "\t\t__swiotlb_sync_single_for_cpu(dev, paddr, size, dir, pool);\n", "\t\t(void)paddr;\n"))
FAULTS = RAW_MMAP, RAW_TABLE, NO_SYNC


def programs() -> dict[str, pathlib.Path]:
    """Return {name: program}: of dom0, and /init of the other domain."""
    sources = {"xen_dma_frames": [*sorted(PLACE.glob("*.c")), TESTS / "outcome.c",
                                  TESTS / "clients/file.c"],
               "xen_dma_frames_guest": [PLACE / "guest/init.c"]}
    return {name: initramfs.program(name, files, ARCH) for name, files in sources.items()}


def prepare(xen: str, variant: Variant = PATCHED, seconds: int = SECONDS, seed: int = 1) -> Boot:
    """Return the Boot of a dom0 with another domain; both have the same kernel.

    seconds -- the duration of the random calls
    seed    -- the seed of the random calls
    """
    tree, machine = trees.get("newest"), MACHINES[ARCH]
    boot = Boot(tree, xen, variant, kernels.recipe(tree, ARCH, kernels.GUEST),
                BUILD / "dom0" / f"{tree.name}-xen{xen}-{ARCH}-{variant.name}-frames",
                "with frames of another domain",
                f"{machine.dom0_args} workload=frames seconds={seconds} seed={seed}",
                machine.xen_args.replace("dom0_mem=768M", "dom0_mem=512M"), control=expected.NO_FAILURES)
    program, init = programs().values()
    ramdisk = initramfs.initramfs([], boot.home / "guest-initrd.gz", ARCH, init)
    boot.files = {**toolstack.files(xen, ARCH), **SCRIPTS, "bin/xen_dma_frames": program,
                  "boot/kernel": boot.kernel.image, "boot/ramdisk": ramdisk}
    return boot


def run(xen: str, variant: Variant = PATCHED, seconds: int = SECONDS, seed: int = 1) -> Run:
    """Boot, and return the Run; the options are those of prepare()."""
    return prepare(xen, variant, seconds, seed).run()
