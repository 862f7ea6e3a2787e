// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that dom0 grants to itself, mapped as a backend maps those of a guest: by
 * gnttab_map_refs(), which makes entries in the p2m, and then for a device.
 */
#include <linux/delay.h>
#include <linux/dma-direct.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "ops.h"

#define N	FAULTS_GRANTS_MAX
#define DOM0	0
#define TRIES	50
/* More than the grant table of a small domain has. */
#define NO_REF	0xfffff

static u32 *word(struct page *page)
{
	return page_address(page);
}

static bool is_mapped(struct grants *g, unsigned int i)
{
	return __pfn_to_mfn(page_to_xen_pfn(g->pages[i])) == page_to_xen_pfn(g->frames[i]);
}

static void check_device(struct faults *f, unsigned int i)
{
	struct grants *g = &f->grants;
	dma_addr_t dma;

	dma = dma_map_page_attrs(f->dev, g->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL,
				 DMA_ATTR_NO_WARN);
	faults_check(f, !dma_mapping_error(f->dev, dma));
	if (dma_mapping_error(f->dev, dma))
		return;
	faults_check(f, dma_to_phys(f->dev, dma) == page_to_phys(g->frames[i]));
	dma_sync_single_for_cpu(f->dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(f->dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_unmap_page(f->dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
}

/* Return 0, or the error of a frame; the others are mapped and right. */
static int check_grants(struct faults *f)
{
	struct grants *g = &f->grants;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < N; i++) {
		g->mapped[i] = g->map[i].status == GNTST_okay;
		if (f->op.flags & FAULTS_IGNORE)
			faults_check(f, is_mapped(g, i));
		if (!g->mapped[i]) {
			faults_check(f, !faults_has_entry(g->pages[i]));
			/* Xen's own refusal differs from that of the p2m. */
			ret = g->map[i].status == GNTST_general_error ? -ENOMEM : -EACCES;
			continue;
		}
		faults_check(f, is_mapped(g, i) && *word(g->pages[i]) == i);
		if (is_mapped(g, i))
			check_device(f, i);
	}
	return f->op.flags & FAULTS_IGNORE ? 0 : ret;
}

static int grant_frames(struct grants *g)
{
	unsigned int i;

	for (i = 0; i < N; i++) {
		g->refs[i] = gnttab_grant_foreign_access(DOM0, xen_page_to_gfn(g->frames[i]), 0);
		if (g->refs[i] < 0)
			return g->refs[i];	/* undo() ends the others */
	}
	return 0;
}

static int grants_run(struct faults *f)
{
	struct grants *g = &f->grants;
	unsigned int i;
	int ret = grant_frames(g);

	if (ret)
		return ret;
	for (i = 0; i < N; i++)
		gnttab_set_map_op(&g->map[i], (unsigned long)page_address(g->pages[i]),
				  GNTMAP_host_map,
				  i == 1 && f->op.flags & FAULTS_BAD_REF ? NO_REF : g->refs[i],
				  DOM0);
	ret = gnttab_map_refs(g->map, NULL, g->pages, N);
	if (!ret)
		return check_grants(f);
	for (i = 0; i < N; i++)
		faults_check(f, !faults_has_entry(g->pages[i]));
	return ret;
}

static bool grant_unmap(struct faults *f, unsigned int i)
{
	struct grants *g = &f->grants;

	gnttab_set_unmap_op(&g->unmap[i], (unsigned long)page_address(g->pages[i]),
			    GNTMAP_host_map, g->map[i].handle);
	if (gnttab_unmap_refs(&g->unmap[i], NULL, &g->pages[i], 1)) {
		/* The frame is still there, so its entry must be as well. */
		faults_check(f, is_mapped(g, i));
		return false;
	}
	faults_check(f, !faults_has_entry(g->pages[i]));
	return g->unmap[i].status == GNTST_okay;
}

/* The last user of a grant may unmap it a little later. */
static void end_grants(struct grants *g)
{
	unsigned int i, tries;

	for (i = 0; i < N; i++) {
		if (g->refs[i] <= 0)
			continue;
		for (tries = 0; tries < TRIES; tries++) {
			if (gnttab_try_end_foreign_access(g->refs[i]))
				break;
			msleep(20);
		}
		g->lost += tries == TRIES;
		g->refs[i] = 0;
	}
}

static void grants_undo(struct faults *f)
{
	struct grants *g = &f->grants;
	unsigned int i;

	if (f->op.flags & FAULTS_EARLY)
		end_grants(g);
	for (i = 0; i < N; i++) {
		/* Only the first attempt may be refused. */
		if (g->mapped[i] && !grant_unmap(f, i))
			faults_check(f, grant_unmap(f, i));
		g->mapped[i] = false;
	}
	end_grants(g);
}

int faults_grant(struct faults *f, struct faults_refs *refs)
{
	struct grants *g = &f->grants;
	int ret = g->allocated ? grant_frames(g) : -EINVAL;
	unsigned int i;

	for (i = 0; i < N; i++)
		refs->refs[i] = g->refs[i];
	if (ret)
		end_grants(g);
	return ret;
}

int faults_end(struct faults *f)
{
	end_grants(&f->grants);
	return 0;
}

static int grants_prepare(struct faults *f)
{
	struct grants *g = &f->grants;
	unsigned int i;
	int ret = gnttab_alloc_pages(N, g->pages);

	if (ret)
		return ret;
	g->allocated = true;
	for (i = 0; i < N; i++) {
		g->frames[i] = alloc_page(GFP_KERNEL);
		if (!g->frames[i])
			return -ENOMEM;
		*word(g->frames[i]) = i;
	}
	return 0;
}

static void grants_clean(struct faults *f)
{
	struct grants *g = &f->grants;
	unsigned int i;

	/* Frames and pages that may still be mapped are lost. */
	for (i = 0; i < N && !g->lost; i++)
		if (g->frames[i])
			__free_page(g->frames[i]);
	if (g->allocated && !g->lost)
		gnttab_free_pages(N, g->pages);
	memset(g, 0, sizeof(*g));
}

const struct faults_kind faults_grants = {
	.prepare = grants_prepare, .run = grants_run, .undo = grants_undo, .clean = grants_clean,
};

void faults_count_entries(struct faults *f, struct faults_counts *c)
{
	struct grants *g = &f->grants;
	unsigned int i;

	c->granted = g->lost;
	if (f->memory)
		c->entries = faults_has_entry(f->memory);
	for (i = 0; i < N && g->allocated; i++)
		c->entries += faults_has_entry(g->pages[i]);
}
