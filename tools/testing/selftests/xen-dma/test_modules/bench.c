// SPDX-License-Identifier: GPL-2.0
/*
 * Measure the cost of DMA operations.  With QEMU's -icount, each instruction takes
 * a nanosecond, so the time is a count that can be repeated.
 */
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "xdt.h"

/* The operands of one measurement. */
struct xdt_work {
	struct device *dev;
	const struct xdt_bench *b;
	struct page *page;
	struct scatterlist *sgl;
	struct vm_area_struct *vma;
	struct xdt_buf *buf;
};

static int xdt_map_pairs(struct xdt_work *w, u32 pairs)
{
	enum dma_data_direction dir = w->b->dir;
	size_t size = w->b->size;
	dma_addr_t dma;

	while (pairs--) {
		dma = dma_map_page(w->dev, w->page, 0, size, dir);
		if (dma_mapping_error(w->dev, dma))
			return -EIO;
		dma_unmap_page(w->dev, dma, size, dir);
	}
	return 0;
}

static int xdt_sg_pairs(struct xdt_work *w, u32 pairs)
{
	enum dma_data_direction dir = w->b->dir;
	u32 pages = w->b->pages;

	while (pairs--) {
		if (dma_map_sg(w->dev, w->sgl, pages, dir) != pages)
			return -EIO;
		dma_unmap_sg(w->dev, w->sgl, pages, dir);
	}
	return 0;
}

/* The mapping around the syncs costs a part of one pair. */
static int xdt_sync_pairs(struct xdt_work *w, u32 pairs)
{
	enum dma_data_direction dir = w->b->dir;
	size_t size = w->b->size;
	dma_addr_t dma;

	dma = dma_map_page(w->dev, w->page, 0, size, dir);
	if (dma_mapping_error(w->dev, dma))
		return -EIO;
	while (pairs--) {
		dma_sync_single_for_cpu(w->dev, dma, size, dir);
		dma_sync_single_for_device(w->dev, dma, size, dir);
	}
	dma_unmap_page(w->dev, dma, size, dir);
	return 0;
}

static int xdt_alloc_pairs(struct xdt_work *w, u32 pairs)
{
	dma_addr_t dma;
	void *cpu;

	while (pairs--) {
		cpu = dma_alloc_coherent(w->dev, w->b->size, &dma,
					 GFP_KERNEL | __GFP_NOWARN);
		if (!cpu)
			return -ENOMEM;
		dma_free_coherent(w->dev, w->b->size, cpu, dma);
	}
	return 0;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#define zap_special_vma_range	zap_vma_ptes
#endif

/* The page tables stay, so that no pair allocates them. */
static int xdt_mmap_pairs(struct xdt_work *w, u32 pairs)
{
	struct xdt_buf *buf = w->buf;
	int ret = 0;

	while (pairs-- && !ret) {
		zap_special_vma_range(w->vma, w->vma->vm_start, buf->size);
		ret = dma_mmap_attrs(w->dev, w->vma, buf->cpu_addr, buf->dma_addr,
				     buf->size, buf->attrs);
	}
	return ret;
}

static int (*const xdt_work_of[])(struct xdt_work *w, u32 pairs) = {
	[XDT_BENCH_MAP] = xdt_map_pairs,
	[XDT_BENCH_SYNC] = xdt_sync_pairs,
	[XDT_BENCH_SG] = xdt_sg_pairs,
	[XDT_BENCH_MMAP] = xdt_mmap_pairs,
	[XDT_BENCH_ALLOC] = xdt_alloc_pairs,
};

/* A trace of the instructions is cut at these two. */
noinline void xdt_bench_begin(void)
{
	barrier();
}

noinline void xdt_bench_end(void)
{
	barrier();
}

/* Measure in batches: the timer interrupts some of those that may sleep. */
static int xdt_time(struct xdt_work *w, struct xdt_bench *b)
{
	bool sleeps = b->op == XDT_BENCH_MMAP || b->op == XDT_BENCH_ALLOC;
	unsigned long flags = 0;
	u32 i, ret = 0;
	ktime_t start;
	u64 ns;

	b->ns = U64_MAX;
	for (i = 0; i < b->batches && !ret; i++) {
		if (!sleeps)
			local_irq_save(flags);
		start = ktime_get();
		if (b->trace)
			xdt_bench_begin();
		ret = xdt_work_of[b->op](w, b->pairs);
		if (b->trace)
			xdt_bench_end();
		ns = ktime_to_ns(ktime_sub(ktime_get(), start));
		if (!sleeps)
			local_irq_restore(flags);
		b->ns = min(b->ns, ns);
	}
	return ret;
}

static int xdt_count(struct xdt_work *w, struct xdt_bench *b)
{
	struct xdt_seen seen;
	int ret;

	ret = xdt_count_hypercalls(true);
	if (ret)
		return ret;
	xdt_seen_take(&seen);
	ret = xdt_work_of[b->op](w, 1);
	xdt_seen_take(&seen);
	b->flushes = seen.flushes;
	xdt_count_hypercalls(false);
	return ret;
}

static int xdt_measure(struct xdt_work *w, struct xdt_bench *b)
{
	int ret;

	xdt_force_bounce(w->dev, b->bounce);
	if (b->machine)
		xdt_foreign(page_to_phys(w->page), PAGE_SIZE, b->machine);
	/* The first operation may set up what the others use. */
	ret = xdt_work_of[b->op](w, 1);
	if (!ret)
		ret = xdt_time(w, b);
	if (!ret && !b->trace)
		ret = xdt_count(w, b);
	if (b->machine)
		xdt_foreign(page_to_phys(w->page), PAGE_SIZE, 0);
	xdt_force_bounce(w->dev, false);
	return ret;
}

/* Each entry has one page, and is not next to another. */
static struct scatterlist *xdt_list(const struct xdt_bench *b, struct page *page)
{
	struct scatterlist *sgl, *sg;
	u32 i;

	sgl = kmalloc_array(b->pages, sizeof(*sgl), GFP_KERNEL);
	if (!sgl)
		return NULL;
	sg_init_table(sgl, b->pages);
	for_each_sg(sgl, sg, b->pages, i)
		sg_set_page(sg, page + 2 * i, PAGE_SIZE, 0);
	return sgl;
}

/* Use the mapping that the process has made of the buffer. */
static int xdt_measure_mmap(struct xdt_work *w, struct xdt_bench *b)
{
	int ret = -EINVAL;

	mmap_write_lock(current->mm);
	w->vma = find_vma(current->mm, b->phys);
	if (w->vma && w->vma->vm_start == b->phys && w->buf->cpu_addr)
		ret = xdt_measure(w, b);
	mmap_write_unlock(current->mm);
	return ret;
}

int xdt_bench(struct xdt_buf *buf, struct xdt_bench *b)
{
	struct xdt_work w = { .dev = buf->xdt->dev, .b = b, .buf = buf };
	int ret;

	if (b->op >= ARRAY_SIZE(xdt_work_of))
		return -EINVAL;
	if (b->op == XDT_BENCH_MMAP)
		return xdt_measure_mmap(&w, b);
	if (b->op == XDT_BENCH_ALLOC)
		return xdt_measure(&w, b);
	if (!pfn_valid(PHYS_PFN(b->phys)))
		return -ENXIO;
	w.page = pfn_to_page(PHYS_PFN(b->phys));
	if (b->op != XDT_BENCH_SG)
		return xdt_measure(&w, b);
	w.sgl = xdt_list(b, w.page);
	if (!w.sgl)
		return -ENOMEM;
	ret = xdt_measure(&w, b);
	kfree(w.sgl);
	return ret;
}
