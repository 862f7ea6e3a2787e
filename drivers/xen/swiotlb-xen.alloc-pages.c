// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: allocate pages as dma-direct does on ARM.

//@ after .get_sgtable = dma_common_get_sgtable,
	.alloc_pages_op = dma_common_alloc_pages,
	.free_pages = dma_common_free_pages,
//@ after .get_sgtable = xen_swiotlb_dma_get_sgtable,
	.alloc_pages_op = dma_direct_alloc_pages,
	.free_pages = dma_direct_free_pages,
