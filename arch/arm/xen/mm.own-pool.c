// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: the device's own pool has no caches to maintain.

//@ before cflush.offset = xen_offset_in_page(handle);
	/* The CPU accesses the device's own pool uncached. */
	if (dma_in_dev_coherent(dev, dma_to_phys(dev, handle)))
		return;

//@ end
