// SPDX-License-Identifier: GPL-2.0
// kernel/dma/swiotlb.c: a mapping without length is an error, not a BUG.

//@ before index = swiotlb_find_slots(dev, orig_addr, size, alloc_align_mask, &pool);
	/* There are no slots to find for it. */
	if (unlikely(!size))
		return (phys_addr_t)DMA_MAPPING_ERROR;
