// SPDX-License-Identifier: GPL-2.0
/* Map and unmap frames that dom0 has granted to itself, as a backend does. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "stress.h"

#define GRANTS		64
#define DOM0		0
#define ROUNDS		(300 / SLOW_DMA)

struct grants {
	struct page *frames[GRANTS], *pages[GRANTS];
	int refs[GRANTS];
	struct gnttab_map_grant_ref map[GRANTS];
	struct gnttab_unmap_grant_ref unmap[GRANTS];
};

/* Return what a page of dom0 shows of a frame: a number that is in no other frame. */
static unsigned long *word(struct page *page)
{
	return page_address(page);
}

static int grants_map(struct grants *g, u32 first, u32 count)
{
	u32 i;
	int ret;

	for (i = first; i < first + count; i++)
		gnttab_set_map_op(&g->map[i], (unsigned long)page_address(g->pages[i]),
				  GNTMAP_host_map, g->refs[i], DOM0);
	ret = gnttab_map_refs(&g->map[first], NULL, &g->pages[first], count);
	for (i = first; i < first + count && !ret; i++)
		ret = g->map[i].status;
	return ret;
}

static int grants_unmap(struct grants *g, u32 first, u32 count)
{
	u32 i;
	int ret;

	for (i = first; i < first + count; i++)
		gnttab_set_unmap_op(&g->unmap[i], (unsigned long)page_address(g->pages[i]),
				    GNTMAP_host_map, g->map[i].handle);
	ret = gnttab_unmap_refs(&g->unmap[first], NULL, &g->pages[first], count);
	for (i = first; i < first + count && !ret; i++)
		ret = g->unmap[i].status;
	return ret;
}

/* Map some grants, map their pages for the device, and unmap both. */
static int grants_round(struct dma_stress *s, struct grants *g, u32 first, u32 count)
{
	int ret = grants_map(g, first, count);
	u32 i;

	if (ret) {
		note("grants were not mapped: %d", ret);
		return ret;
	}
	for (i = first; i < first + count; i++) {
		/* KASAN does not initialise the shadow of hotplugged memory of the balloon. */
		if (READ_ONCE_NOCHECK(*word(g->pages[i])) != i)
			atomic_inc(&s->wrong);
		stress_page(s, g->pages[i], page_to_phys(g->frames[i]));
	}
	s->granted += count;
	ret = grants_unmap(g, first, count);
	if (ret)
		note("grants were not unmapped: %d", ret);
	/* Without its grant, the page is local again. */
	for (i = first; i < first + count; i++)
		if (pfn_to_bfn(page_to_pfn(g->pages[i])) != page_to_pfn(g->pages[i]))
			atomic_inc(&s->wrong);
	return ret;
}

static void grants_end(struct grants *g)
{
	u32 i;

	/* A frame whose grant cannot be ended is lost. */
	for (i = 0; i < GRANTS && g->frames[i]; i++)
		if (g->refs[i] < 0 || gnttab_try_end_foreign_access(g->refs[i]))
			__free_page(g->frames[i]);
}

/* Grant frames of dom0 to dom0. */
static int grants_begin(struct grants *g)
{
	u32 i;

	for (i = 0; i < GRANTS; i++) {
		g->frames[i] = alloc_page(GFP_KERNEL);
		if (!g->frames[i])
			return -ENOMEM;
		*word(g->frames[i]) = i;
		g->refs[i] = gnttab_grant_foreign_access(DOM0,
							 xen_page_to_gfn(g->frames[i]), 0);
		if (g->refs[i] < 0)
			return g->refs[i];
	}
	return 0;
}

/* Map any of the grants in one round. */
static int grants_any(struct dma_stress *s, struct grants *g, u32 *state)
{
	u32 first = any(state) % GRANTS;

	return grants_round(s, g, first, 1 + any(state) % (GRANTS - first));
}

int stress_grants_at(struct dma_stress *s, struct page **pages, u32 rounds)
{
	struct grants *g = kzalloc(sizeof(*g), GFP_KERNEL);
	u32 state = 1;
	int ret;

	if (!g)
		return -ENOMEM;
	memcpy(g->pages, pages, sizeof(g->pages));
	ret = grants_begin(g);
	while (!ret && rounds--)
		ret = grants_any(s, g, &state);
	grants_end(g);
	kfree(g);
	return ret;
}

int stress_grants(struct dma_stress *s)
{
	struct grants *g = kzalloc(sizeof(*g), GFP_KERNEL);
	u32 state = 1, n;
	int ret;

	if (!g)
		return -ENOMEM;
	ret = gnttab_alloc_pages(GRANTS, g->pages);
	if (ret)
		goto out;
	ret = grants_begin(g);
	for (n = 0; !ret && stress_goes_on(s, n, ROUNDS); n++) {
		ret = grants_any(s, g, &state);
		cond_resched();
	}
	grants_end(g);
	/* Pages that may still be mapped are lost. */
	if (!ret)
		gnttab_free_pages(GRANTS, g->pages);
out:
	kfree(g);
	return ret;
}
