// SPDX-License-Identifier: GPL-2.0
/*
 * Measure the cost of one map and unmap.  With QEMU's -icount, each instruction
 * takes a nanosecond, so the time is a count that can be repeated.
 */
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>

#include "xdt.h"

static int xdt_pairs(struct xdt_dev *xdt, const struct xdt_bench *b, u32 pairs)
{
	struct page *page = pfn_to_page(PHYS_PFN(b->phys));
	enum dma_data_direction dir = b->dir;
	dma_addr_t dma;

	while (pairs--) {
		dma = dma_map_page(xdt->dev, page, 0, b->size, dir);
		if (dma_mapping_error(xdt->dev, dma))
			return -EIO;
		dma_unmap_page(xdt->dev, dma, b->size, dir);
	}
	return 0;
}

int xdt_bench(struct xdt_dev *xdt, struct xdt_bench *b)
{
	unsigned long flags;
	struct xdt_seen seen;
	ktime_t start;
	int ret;

	if (!pfn_valid(PHYS_PFN(b->phys)))
		return -ENXIO;
	local_irq_save(flags);
	start = ktime_get();
	ret = xdt_pairs(xdt, b, b->pairs);
	b->ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	local_irq_restore(flags);
	if (ret)
		return ret;

	ret = xdt_count_hypercalls(true);
	if (ret)
		return ret;
	xdt_seen_take(&seen);
	ret = xdt_pairs(xdt, b, 1);
	xdt_seen_take(&seen);
	b->flushes = seen.flushes;
	xdt_count_hypercalls(false);
	return ret;
}
