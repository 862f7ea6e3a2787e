// SPDX-License-Identifier: GPL-2.0
// include/linux/dma-direct.h: for Xen's DMA operations on ARM.

//@ before int dma_direct_supported(struct device *dev, u64 mask);
dma_addr_t dma_direct_map_phys(struct device *dev, phys_addr_t phys,
			       size_t size, enum dma_data_direction dir,
			       unsigned long attrs, bool flush);
