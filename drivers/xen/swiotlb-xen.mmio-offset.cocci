// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: MMIO has a bus address, too.

@@
symbol dev, phys, dev_addr, attrs, DMA_ATTR_MMIO;
expression E1, E2, E3;
@@
 if (attrs & DMA_ATTR_MMIO) {
	if (<+...
-	dma_capable(dev, phys, E1, E2, E3)
+	dma_capable(dev, dev_addr, E1, E2, E3)
	...+>) {
	...
	}
-	return phys;
+	return dev_addr;
 }
