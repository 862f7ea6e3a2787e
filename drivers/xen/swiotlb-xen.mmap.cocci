// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: the callback of ARM is in swiotlb-xen.mmap.c.

@@
symbol xen_swiotlb_dma_ops, dma_common_mmap;
@@
 const struct dma_map_ops xen_swiotlb_dma_ops = {
-	.mmap = dma_common_mmap,
 };
