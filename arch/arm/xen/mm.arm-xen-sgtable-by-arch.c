// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: get_sgtable is left to the architecture.

//@ before static struct dma_map_ops xen_swiotlb_dma_ops = {
/* The architecture has allocated the buffer and knows its CPU address. */
static int xen_swiotlb_dma_get_sgtable(struct device *dev, struct sg_table *sgt,
		void *cpu_addr, dma_addr_t dma_addr, size_t size,
#ifdef HAVE_STRUCT_DMA_ATTRS
		struct dma_attrs *attrs)
#else
		unsigned long attrs)
#endif
{
	struct dma_map_ops *ops = __generic_dma_ops(dev);

	if (ops->get_sgtable)
		return ops->get_sgtable(dev, sgt, cpu_addr, dma_addr, size, attrs);
	return dma_common_get_sgtable(dev, sgt, cpu_addr, dma_addr, size);
}
//@ after .dma_supported = xen_swiotlb_dma_supported,
	.get_sgtable = xen_swiotlb_dma_get_sgtable,
