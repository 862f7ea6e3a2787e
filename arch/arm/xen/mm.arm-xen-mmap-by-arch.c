// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: mmap is left to the architecture.

//@ before static struct dma_map_ops xen_swiotlb_dma_ops = {
/* The architecture has allocated the buffer and knows its CPU address. */
static int xen_swiotlb_dma_mmap(struct device *dev, struct vm_area_struct *vma,
		void *cpu_addr, dma_addr_t dma_addr, size_t size,
#ifdef HAVE_STRUCT_DMA_ATTRS
		struct dma_attrs *attrs)
#else
		unsigned long attrs)
#endif
{
	struct dma_map_ops *ops = __generic_dma_ops(dev);

	if (ops->mmap)
		return ops->mmap(dev, vma, cpu_addr, dma_addr, size, attrs);
	return dma_common_mmap(dev, vma, cpu_addr, dma_addr, size);
}
//@ after .dma_supported = xen_swiotlb_dma_supported,
	.mmap = xen_swiotlb_dma_mmap,
