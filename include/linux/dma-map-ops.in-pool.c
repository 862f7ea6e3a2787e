// SPDX-License-Identifier: GPL-2.0
// include/linux/dma-map-ops.h: whether memory lies in a device's pool.

//@ before #else
//@ then static inline int dma_declare_coherent_memory(struct device *dev,
bool dma_in_dev_coherent(struct device *dev, phys_addr_t phys);
//@ before #define dma_alloc_from_dev_coherent(dev, size, handle, ret) (0)
static inline bool dma_in_dev_coherent(struct device *dev, phys_addr_t phys)
{
	return false;
}
