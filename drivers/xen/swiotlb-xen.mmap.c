// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: map to user space by DMA address on ARM.

//@ before const struct dma_map_ops xen_swiotlb_dma_ops = {
#ifndef CONFIG_X86
/* dma_direct_alloc() does not always return a CPU address. */
static int xen_swiotlb_dma_mmap(struct device *dev, struct vm_area_struct *vma,
				void *cpu_addr, dma_addr_t dma_addr,
				size_t size, unsigned long attrs)
{
#ifdef HAVE_DMA_DIRECT_MMAP
	return dma_direct_mmap(dev, vma, cpu_addr, dma_addr, size, attrs);
#else
	int ret;

	vma->vm_page_prot = dma_pgprot(dev, vma->vm_page_prot, attrs);
	if (dma_mmap_from_dev_coherent(dev, vma, cpu_addr, size, &ret))
		return ret;

	return vm_iomap_memory(vma, xen_bus_to_phys(dma_addr), PAGE_ALIGN(size));
#endif
}
#endif /* !CONFIG_X86 */

//@ after .free = xen_swiotlb_free_coherent,
	.mmap = dma_common_mmap,
//@ after .free = dma_direct_free,
	.mmap = xen_swiotlb_dma_mmap,
