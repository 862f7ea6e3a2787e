// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: caches are maintained through the linear map, and
// what is in it is not what has a struct page.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
expression dev, dma_addr;
@@
* pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))

@linear_map depends on patch@
expression dev, dma_addr;
@@
-pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))
+memblock_is_map_memory(dma_to_phys(dev, dma_addr))
