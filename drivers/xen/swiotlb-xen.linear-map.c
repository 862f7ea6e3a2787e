// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: memory that this domain has mapped.

//@ after return xen_bus_to_phys(dev, dma_to_phys(dev, dma_addr));
//@ then }
/*
 * Whether the CPU reaches memory through the linear map.  On ARM, the bus address
 * of this domain's memory is its physical address.  A struct page does not tell:
 * private DMA pools and foreign frames can have one.
 */
static bool xen_swiotlb_is_mapped(phys_addr_t paddr)
{
	unsigned long pfn = PHYS_PFN(paddr);

	return memblock_is_map_memory(paddr) ||
	       (pfn_valid(pfn) && is_zone_device_page(pfn_to_page(pfn)));
}
