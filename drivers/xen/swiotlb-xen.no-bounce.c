// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: memory that is not mapped has no bounce buffer.

//@ before /*
//@ then * Oh well, have to allocate and map a bounce buffer.
	/* swiotlb copies through the linear map, where x86 has all memory. */
	if (!IS_ENABLED(CONFIG_X86) && !xen_swiotlb_is_mapped(phys)) {
		if (!(attrs & DMA_ATTR_NO_WARN))
			dev_warn_ratelimited(dev,
					     "cannot bounce %pa+%zu: not in the linear map\n",
					     &phys, size);
		return DMA_MAPPING_ERROR;
	}

//@ end
