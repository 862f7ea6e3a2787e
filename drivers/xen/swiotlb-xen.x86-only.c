// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: the file is for x86.

//@ replace #ifdef CONFIG_X86
//@ then int __init xen_swiotlb_fixup(void *buf, unsigned long nslabs)
int __init xen_swiotlb_fixup(void *buf, unsigned long nslabs)
//@ replace #endif /* CONFIG_X86 */
//@ replace #include <linux/memblock.h>
//@ replace !xen_arch_need_swiotlb(dev, phys, dev_addr) &&
//@ replace __swiotlb_sync_single_for_device(dev, paddr, size, dir, pool);
//@ then
		__swiotlb_sync_single_for_device(dev, paddr, size, dir, pool);
//@ replace goto done;
		return dev_addr;
//@ replace done:
//@ then return dev_addr;
	return dev_addr;
//@ replace #ifndef CONFIG_X86
//@ until const struct dma_map_ops xen_swiotlb_dma_ops = {
const struct dma_map_ops xen_swiotlb_dma_ops = {
//@ replace #ifdef CONFIG_X86
//@ then .alloc = xen_swiotlb_alloc_coherent,
	.alloc = xen_swiotlb_alloc_coherent,
//@ replace #else
//@ until #endif
