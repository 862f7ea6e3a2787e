// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: dma.c knows the device's own pool.

//@ replace /* The CPU accesses the device's own pool uncached. */
//@ until cflush.offset = xen_offset_in_page(handle);
	cflush.offset = xen_offset_in_page(handle);
