// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: the callback of ARM is in swiotlb-xen.get_sgtable.c.

@@
symbol xen_swiotlb_dma_ops, dma_common_get_sgtable;
@@
 const struct dma_map_ops xen_swiotlb_dma_ops = {
-	.get_sgtable = dma_common_get_sgtable,
 };
