// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: DMA_ATTR_REQUIRE_COHERENT excludes a bounce buffer.

//@ before /*
//@ then * Oh well, have to allocate and map a bounce buffer.
	if (attrs & DMA_ATTR_REQUIRE_COHERENT)
		return DMA_MAPPING_ERROR;

//@ end
