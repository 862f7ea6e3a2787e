// SPDX-License-Identifier: GPL-2.0
// kernel/dma/swiotlb.c: a mapping without length is an error, not a BUG.

//@ before if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
//@ then pr_warn_once("Memory encryption is active and system is using DMA bounce buffers\n");
	/* There are no slots to find for it. */
	if (unlikely(!mapping_size))
		return (phys_addr_t)DMA_MAPPING_ERROR;

//@ end
