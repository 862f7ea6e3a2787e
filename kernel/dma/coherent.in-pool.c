// SPDX-License-Identifier: GPL-2.0
// kernel/dma/coherent.c: whether memory lies in a device's pool.

//@ before #ifdef CONFIG_DMA_GLOBAL_POOL
//@ then static struct dma_coherent_mem *dma_coherent_default_memory __ro_after_init;
/**
 * dma_in_dev_coherent() - check for memory of a device coherent pool
 * @dev:	device whose pool is meant
 * @phys:	CPU physical address of the memory
 *
 * The CPU accesses the pool through an uncached mapping, so its memory needs no
 * cache maintenance for @dev.
 *
 * Returns true if @phys lies in the device's pool.
 */
bool dma_in_dev_coherent(struct device *dev, phys_addr_t phys)
{
	struct dma_coherent_mem *mem = dev_get_coherent_memory(dev);

	return mem && PHYS_PFN(phys) - mem->pfn_base < mem->size;
}
