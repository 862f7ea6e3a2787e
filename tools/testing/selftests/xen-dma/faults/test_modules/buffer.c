// SPDX-License-Identifier: GPL-2.0
/* Buffers that the DMA operations allocate, and their scatterlists. */
#include <linux/dma-direct.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "ops.h"

static gfp_t gfp_of(const struct faults *f)
{
	return (f->op.flags & FAULTS_ATOMIC ? GFP_ATOMIC : GFP_KERNEL) | __GFP_NOWARN;
}

unsigned long faults_attrs(const struct faults *f)
{
	unsigned long attrs = DMA_ATTR_NO_WARN;

	if (f->op.flags & FAULTS_COOKIE)
		attrs |= DMA_ATTR_NO_KERNEL_MAPPING;
	if (f->op.flags & FAULTS_WRITE_COMBINE)
		attrs |= DMA_ATTR_WRITE_COMBINE;
	return attrs;
}

/* Return the frame of a DMA address, for devices that see memory as the CPU does. */
static unsigned long pfn_of(struct faults *f, dma_addr_t dma)
{
	return PHYS_PFN(dma_to_phys(f->dev, dma));
}

static bool has_cookie(const struct faults *f)
{
	return f->op.flags & FAULTS_COOKIE && !f->dev->dma_mem;
}

/* Check that the buffer is cleared, that it can be written, and where it is. */
static void check_buffer(struct faults *f)
{
	faults_check(f, f->cpu);
	if (!f->cpu)
		return;
	if (has_cookie(f)) {
		faults_check(f, f->cpu == pfn_to_page(pfn_of(f, f->dma)));
		return;
	}
	faults_check(f, !memchr_inv(f->cpu, 0, f->op.size));
	memset(f->cpu, 0x5a, f->op.size);
	faults_check(f, !memchr_inv(f->cpu, 0x5a, f->op.size));
	/* Memory of the kernel has the same contents at the linear map. */
	if (!f->dev->dma_mem && is_vmalloc_addr(f->cpu))
		faults_check(f, vmalloc_to_pfn(f->cpu) == pfn_of(f, f->dma));
}

static int alloc_run(struct faults *f)
{
	f->cpu = dma_alloc_attrs(f->dev, f->op.size, &f->dma, gfp_of(f), faults_attrs(f));
	if (!f->cpu && !(f->op.flags & FAULTS_IGNORE))
		return -ENOMEM;
	check_buffer(f);
	return 0;
}

static void alloc_undo(struct faults *f)
{
	if (f->cpu)
		dma_free_attrs(f->dev, f->op.size, f->cpu, f->dma, faults_attrs(f));
	f->cpu = NULL;
}

const struct faults_kind faults_alloc = { .run = alloc_run, .undo = alloc_undo };

static int pages_run(struct faults *f)
{
	struct page *page;

	/* Bouncing must not concern an allocation. */
	faults_bounce(f, true);
	page = dma_alloc_pages(f->dev, f->op.size, &f->dma, DMA_BIDIRECTIONAL, gfp_of(f));
	faults_bounce(f, false);
	f->cpu = page;
	if (!page)
		return -ENOMEM;
	faults_check(f, page_to_pfn(page) == pfn_of(f, f->dma));
	faults_check(f, !memchr_inv(page_address(page), 0, f->op.size));
	return 0;
}

static void pages_undo(struct faults *f)
{
	if (f->cpu)
		dma_free_pages(f->dev, f->op.size, f->cpu, f->dma, DMA_BIDIRECTIONAL);
	f->cpu = NULL;
}

const struct faults_kind faults_pages = { .run = pages_run, .undo = pages_undo };

static int noncontiguous_run(struct faults *f)
{
	f->sgt = dma_alloc_noncontiguous(f->dev, f->op.size, DMA_BIDIRECTIONAL, gfp_of(f), 0);
	if (!f->sgt)
		return -ENOMEM;
	faults_check(f, sg_phys(f->sgt->sgl) == dma_to_phys(f->dev, sg_dma_address(f->sgt->sgl)));
	f->cpu = dma_vmap_noncontiguous(f->dev, f->op.size, f->sgt);
	if (!f->cpu)
		return -ENOMEM;
	faults_check(f, !memchr_inv(f->cpu, 0, f->op.size));
	return 0;
}

static void noncontiguous_undo(struct faults *f)
{
	if (f->cpu)
		dma_vunmap_noncontiguous(f->dev, f->cpu);
	if (f->sgt)
		dma_free_noncontiguous(f->dev, f->op.size, f->sgt, DMA_BIDIRECTIONAL);
	f->cpu = NULL;
	f->sgt = NULL;
}

const struct faults_kind faults_noncontiguous = {
	.run = noncontiguous_run, .undo = noncontiguous_undo,
};

static int sgtable_run(struct faults *f)
{
	int ret = dma_get_sgtable_attrs(f->dev, &f->table, f->cpu, f->dma, f->op.size,
					faults_attrs(f));

	f->has_table = !ret;
	if (ret)
		return ret;
	faults_check(f, f->table.nents == 1 && f->table.sgl->length == f->op.size);
	/* Addresses of the on-chip pool are no addresses of the CPU. */
	if (pfn_valid(pfn_of(f, f->dma)))
		faults_check(f, PHYS_PFN(sg_phys(f->table.sgl)) == pfn_of(f, f->dma));
	return 0;
}

static void sgtable_undo(struct faults *f)
{
	if (f->has_table)
		sg_free_table(&f->table);
	f->has_table = false;
}

const struct faults_kind faults_sgtable = {
	.prepare = alloc_run, .run = sgtable_run, .undo = sgtable_undo, .clean = alloc_undo,
};

struct piece {
	void *cpu;
	dma_addr_t dma;
};

/* Allocate pieces until there is an error; return it, and undo all. */
int faults_fill_buffers(struct faults *f, struct faults_fill *fill, int (*full)(struct faults *f))
{
	struct piece *p = vcalloc(FAULTS_PIECES_MAX, sizeof(*p));
	unsigned int n, i;

	if (!p)
		return -ENOMEM;
	for (n = 0; n < FAULTS_PIECES_MAX; n++) {
		p[n].cpu = dma_alloc_attrs(f->dev, fill->size, &p[n].dma, gfp_of(f),
					   faults_attrs(f));
		if (!p[n].cpu)
			break;
	}
	fill->count = n;
	fill->ret = full ? full(f) : 0;
	for (i = 0; i < n; i++)
		dma_free_attrs(f->dev, fill->size, p[i].cpu, p[i].dma, faults_attrs(f));
	vfree(p);
	return n == FAULTS_PIECES_MAX ? -EFBIG : 0;
}

u32 faults_pool_pages(struct faults *f)
{
	struct faults_fill fill = { .size = PAGE_SIZE };

	/* Without a pool, this would take all memory. */
	if (!f->dev->dma_mem || faults_fill_buffers(f, &fill, NULL))
		return 0;
	return fill.count;
}
