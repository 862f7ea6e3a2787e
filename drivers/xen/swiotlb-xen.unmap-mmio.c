// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: MMIO was neither bounced nor cached.

//@ after phys_addr_t paddr = xen_dma_to_phys(hwdev, dev_addr);
//@ then struct io_tlb_pool *pool;
//@ then
//@ then BUG_ON(dir == DMA_NONE);

	if (attrs & DMA_ATTR_MMIO)
		return;
