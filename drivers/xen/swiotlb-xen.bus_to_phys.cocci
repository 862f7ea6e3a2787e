// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: the name of the helper before 5.9, in what
// swiotlb-xen.mmap.cocci and swiotlb-xen.get_sgtable.cocci have added.

virtual context
virtual patch

@site depends on context@
symbol dev, dma_addr;
@@
* xen_dma_to_phys(dev, dma_addr)

@name depends on patch@
symbol dev, dma_addr;
@@
-xen_dma_to_phys(dev, dma_addr)
+xen_bus_to_phys(dma_addr)
