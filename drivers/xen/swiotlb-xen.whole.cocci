// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: refuse a buffer that leaves its private pool.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
symbol dev, dev_addr, phys, size, dir;
@@
* xen_swiotlb_sync_for_device(dev, dev_addr, phys, size, dir);

@whole depends on patch@
symbol dev, dev_addr, phys, size, dir, DMA_MAPPING_ERROR;
@@
-xen_swiotlb_sync_for_device(dev, dev_addr, phys, size, dir);
+if (!xen_swiotlb_sync_for_device(dev, dev_addr, phys, size, dir))
+	return DMA_MAPPING_ERROR;
