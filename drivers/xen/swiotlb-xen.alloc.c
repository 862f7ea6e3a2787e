// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: the allocation that is there is for x86; ARM has
// dma_direct_alloc().

//@ before static void *
//@ then xen_swiotlb_alloc_coherent(struct device *hwdev, size_t size,
#ifdef CONFIG_X86
//@ before /*
//@ then * Map a single buffer of the indicated size for DMA in streaming mode.  The
#endif /* CONFIG_X86 */

//@ before .alloc = xen_swiotlb_alloc_coherent,
#ifdef CONFIG_X86
//@ after .free = xen_swiotlb_free_coherent,
#else
	.alloc = dma_direct_alloc,
//@ after .alloc = dma_direct_alloc,
	.free = dma_direct_free,
#endif
