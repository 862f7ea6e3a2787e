// SPDX-License-Identifier: GPL-2.0
/* Memory to map: ordinary memory between two addresses, and device pages. */
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "xdt.h"

static struct page *xdt_pages;

#ifdef CONFIG_ZONE_DEVICE
/* No memory is there, but nobody accesses it: only its caches are maintained. */
static struct dev_pagemap xdt_pagemap = {
	.type = MEMORY_DEVICE_GENERIC,
	.range = {
		.start = 0x90000000,
		.end = 0x90000000 + SZ_128M - 1,
	},
	.nr_range = 1,
};

static int xdt_device_pages(struct xdt_ram *r)
{
	static bool mapped;

	if (!mapped) {
		void *addr = memremap_pages(&xdt_pagemap, NUMA_NO_NODE);

		if (IS_ERR(addr))
			return PTR_ERR(addr);
		mapped = true;
	}
	r->phys = xdt_pagemap.range.start;
	return 0;
}
#else
static int xdt_device_pages(struct xdt_ram *r)
{
	return -EOPNOTSUPP;
}
#endif

static bool xdt_fits(struct page *page, struct xdt_ram *r)
{
	return page_to_phys(page) >= r->from &&
	       page_to_phys(page) + XDT_RAM <= r->below;
}

/* Allocate a buffer of XDT_RAM bytes between the addresses, once for all devices. */
int xdt_ram(struct xdt_ram *r)
{
	struct page *page = NULL, *next, *others = NULL;
	unsigned int order = get_order(XDT_RAM);

	if (r->device_pages)
		return xdt_device_pages(r);
	if (xdt_pages && xdt_fits(xdt_pages, r))
		goto out;
	for (;;) {
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, order);
		if (!page || xdt_fits(page, r))
			break;
		set_page_private(page, (unsigned long)others);
		others = page;
	}
	for (; others; others = next) {
		next = (struct page *)page_private(others);
		set_page_private(others, 0);
		__free_pages(others, order);
	}
	if (!page)
		return -ENOMEM;
	if (xdt_pages)
		__free_pages(xdt_pages, order);
	xdt_pages = page;
out:
	r->phys = page_to_phys(xdt_pages);
	return 0;
}
