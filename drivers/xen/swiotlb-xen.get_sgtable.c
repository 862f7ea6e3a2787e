// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: describe a buffer by its DMA address on ARM.

//@ before #endif /* !CONFIG_X86 */
//@ then 
//@ then const struct dma_map_ops xen_swiotlb_dma_ops = {

static int xen_swiotlb_dma_get_sgtable(struct device *dev, struct sg_table *sgt,
				       void *cpu_addr, dma_addr_t dma_addr,
				       size_t size, unsigned long attrs)
{
#ifdef HAVE_DMA_COMMON_VMALLOC
#ifdef HAVE_HUGE_VMALLOC_TO_PAGE
	/* A private pool can have DMA addresses of its own. */
	if (is_vmalloc_addr(cpu_addr))
#else
	/* A pool can have DMA addresses of its own, or a huge mapping. */
	if (is_vmalloc_addr(cpu_addr) && vmalloc_to_page(cpu_addr))
#endif
		return dma_common_get_sgtable(dev, sgt, cpu_addr, dma_addr,
					      size, attrs);

#endif
#ifdef HAVE_DMA_DIRECT_MMAP
	return dma_direct_get_sgtable(dev, sgt, cpu_addr, dma_addr, size, attrs);
#else
	int ret = sg_alloc_table(sgt, 1, GFP_KERNEL);

	if (!ret)
		sg_set_page(sgt->sgl, phys_to_page(xen_bus_to_phys(dma_addr)),
			    PAGE_ALIGN(size), 0);
	return ret;
#endif
}

//@ after .mmap = dma_common_mmap,
	.get_sgtable = dma_common_get_sgtable,
//@ after .mmap = xen_swiotlb_dma_mmap,
	.get_sgtable = xen_swiotlb_dma_get_sgtable,
