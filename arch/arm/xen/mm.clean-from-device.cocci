// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: arm64 cleans before the device writes.

@@
symbol dir, DMA_FROM_DEVICE, CONFIG_ARM;
@@
 xen_dma_sync_for_device(...)
 {
 <...
-dir == DMA_FROM_DEVICE
+IS_ENABLED(CONFIG_ARM) && dir == DMA_FROM_DEVICE
 ...>
 }
