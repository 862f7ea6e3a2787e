// SPDX-License-Identifier: GPL-2.0
// drivers/misc/fastrpc.c: coherent memory needs no cache maintenance.

@@
@@
 dma_map_sgtable(...,
-	0
+	DMA_ATTR_SKIP_CPU_SYNC
 )

@@
@@
 dma_unmap_sgtable(...,
-	0
+	DMA_ATTR_SKIP_CPU_SYNC
 )
