// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: the bus address of MMIO.

//@ before if (unlikely(!dma_capable(dev, dev_addr, size, false, attrs))) {
		dev_addr = phys_to_dma(dev, phys);
