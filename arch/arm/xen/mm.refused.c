// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: the answer of Xen.

//@ replace struct gnttab_cache_flush cflush;
//@ then
//@ then /* The CPU accesses the device's own pool uncached. */
	struct gnttab_cache_flush cflush;
	int ret;

	/* The CPU accesses the device's own pool uncached. */
