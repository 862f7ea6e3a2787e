# SPDX-License-Identifier: GPL-2.0
"""The Coccinelle check of the series finds two kinds of mistakes, and no others."""

import re
import subprocess

from xendma.util.paths import ROOT
from xendma.sources import tree
from xendma.rig import build
from xendma.rig.variant import PATCHED, STOCK, patched_sources
from xendma.runs import kernels

from .support import Case, later

RULE = ROOT / "scripts/coccinelle/api/dma_cpu_addr.cocci"
ALLOCATION = """
int probe(struct device *dev)
{
	void *cpu = dma_alloc_coherent(dev, 4096, &dma, GFP_KERNEL);
	void *other = kmalloc(4096, GFP_KERNEL);

	if (!cpu)
		return -ENOMEM;
	%s
	return 0;
}
"""
OPERATION = """
static int its_mmap(struct device *dev, struct vm_area_struct *vma,
		    void *cpu_addr, dma_addr_t dma_addr, size_t size, unsigned long attrs)
{
	unsigned long pfn = %s;

	return remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot);
}
"""
SYNC = """
static void its_sync(struct device *dev, dma_addr_t dma, size_t size)
{
	if (%s(PHYS_PFN(dma)))
		%s(dma, size, DMA_TO_DEVICE);
	else
		xen_dma_sync_for_device(dev, dma, size, DMA_TO_DEVICE);
}
"""


class Sample(Case):
    """The check of small files with one mistake or none."""

    def count_marked(self, text):
        path = self.tmp / "sample.c"
        path.write_text(text)
        done = subprocess.run(["spatch", "--very-quiet", "--no-includes", "-D", "context",
                               "--sp-file", RULE, path], text=True, capture_output=True, check=True)
        return len(re.findall(r"(?m)^-(?!--)", done.stdout))

    def test_allocation(self):
        for wrong in ("page = virt_to_page(cpu);", "phys = virt_to_phys(cpu + 64);",
                      "if (dev)\n\t\tpfn = vmalloc_to_pfn(cpu);"):
            self.assertEqual(self.count_marked(ALLOCATION % wrong), 1, wrong)
        for right in ("page = virt_to_page(other);", "memset(cpu, 0, 4096);",
                      "cpu = other;\n\tpage = virt_to_page(cpu);"):
            self.assertEqual(self.count_marked(ALLOCATION % right), 0, right)

    def test_operation(self):
        self.assertEqual(self.count_marked(OPERATION % "page_to_pfn(virt_to_page(cpu_addr))"), 1)
        self.assertEqual(self.count_marked(OPERATION % "PHYS_PFN(dma_to_phys(dev, dma_addr))"), 0)

    def test_sync(self):
        self.assertEqual(self.count_marked(SYNC % ("pfn_valid", "arch_sync_dma_for_device")), 1)
        self.assertEqual(self.count_marked(SYNC % ("pfn_is_map_memory", "arch_sync_dma_for_device")), 0)
        self.assertEqual(self.count_marked(SYNC % ("pfn_valid", "its_own_sync")), 0)


@later("static")
class Coccicheck(Case):
    """make coccicheck before and after the series."""

    def found(self, variant):
        t = tree.get("newest")
        work, objects = build.prepare(t, patched_sources(t, variant)[0], kernels.recipe(t))
        done = subprocess.run(
            build.make_argv(work, objects, "coccicheck", "MODE=context", f"COCCI={RULE}",
                             "M=drivers/xen"), text=True, capture_output=True,
            env=build.environment(), stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("spatch -D context", done.stdout)
        return re.findall(r"(?m)^-(?!--)\s*(.*)$", done.stdout)

    def test_stock(self):
        lines = self.found(STOCK)
        self.assertEqual(sum("pfn_valid(PFN_DOWN(dma_to_phys(" in l for l in lines), 4, lines)
        self.assertEqual(len(lines), 6, lines)

    def test_patched(self):
        """Two findings remain in code for x86 only; Documentation/findings.rst explains them."""
        lines = self.found(PATCHED)
        self.assertEqual(len(lines), 2, lines)
        self.assertFalse([l for l in lines if "pfn_valid" in l])
