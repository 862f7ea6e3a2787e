// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: the table has one pair for x86 and one for ARM, see
// swiotlb-xen.alloc-pages.c.

@@
symbol xen_swiotlb_dma_ops, dma_common_alloc_pages, dma_common_free_pages;
@@
 const struct dma_map_ops xen_swiotlb_dma_ops = {
-	.alloc_pages_op = dma_common_alloc_pages,
-	.free_pages = dma_common_free_pages,
 };
