// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: memory that is not mapped has no bounce buffer.

//@ after return xen_bus_to_phys(dev, dma_to_phys(dev, dma_addr));
//@ then }
/* swiotlb copies through the linear map, or through kmap() for highmem. */
static bool xen_swiotlb_can_copy(phys_addr_t phys)
{
	struct page *page;

	if (memblock_is_map_memory(phys))
		return true;
	if (!pfn_valid(PHYS_PFN(phys)))
		return false;

	/* Grants can be mapped to device pages. */
	page = pfn_to_page(PHYS_PFN(phys));
	return is_zone_device_page(page) || PageHighMem(page);
}
//@ before /*
//@ then * Oh well, have to allocate and map a bounce buffer.
	/* x86 has all memory in the linear map. */
	if (!IS_ENABLED(CONFIG_X86) && !xen_swiotlb_can_copy(phys)) {
		if (!(attrs & DMA_ATTR_NO_WARN))
			dev_warn_ratelimited(dev,
					     "cannot bounce %pa+%zu: not in the linear map\n",
					     &phys, size);
		return DMA_MAPPING_ERROR;
	}

//@ end
