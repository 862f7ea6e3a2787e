// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: a small buffer outside of the linear map is not bounced.

//@ replace !dma_kmalloc_needs_bounce(dev, size, dir) &&
	    !(dma_kmalloc_needs_bounce(dev, size, dir) &&
	      xen_swiotlb_can_copy(phys)) &&
