// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: a struct page does not tell what the CPU can maintain.

@@
expression dev, dma_addr;
@@
-pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))
+memblock_is_map_memory(dma_to_phys(dev, dma_addr))
