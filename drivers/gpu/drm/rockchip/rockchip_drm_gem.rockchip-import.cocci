// SPDX-License-Identifier: GPL-2.0
// drivers/gpu/drm/rockchip/rockchip_drm_gem.c: leave the caches to the exporter.

@@
@@
 dma_map_sgtable(..., DMA_BIDIRECTIONAL,
-	0
+	DMA_ATTR_SKIP_CPU_SYNC
 )

@@
@@
 dma_unmap_sgtable(..., DMA_BIDIRECTIONAL,
-	0
+	DMA_ATTR_SKIP_CPU_SYNC
 )
