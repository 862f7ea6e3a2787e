// SPDX-License-Identifier: GPL-2.0
// include/linux/dma-direct.h: for Xen's swiotlb.

//@ before int dma_direct_supported(struct device *dev, u64 mask);
int dma_direct_mmap(struct device *dev, struct vm_area_struct *vma,
		    void *cpu_addr, dma_addr_t dma_addr, size_t size,
		    unsigned long attrs);
