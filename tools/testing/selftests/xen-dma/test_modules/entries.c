// SPDX-License-Identifier: GPL-2.0
/*
 * Fill the p2m tree as a backend does: by gnttab_map_refs().  Dom0 grants one of its
 * own pages to itself, and maps each grant at a page of its own.
 */
#include <linux/ktime.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <xen/page.h>

#include "xdt.h"

#define XDT_BATCH		100

struct xdt_grants {
	struct page *pages[XDT_MAX_ENTRIES];
	grant_handle_t handles[XDT_MAX_ENTRIES];
	u32 mapped;
};

static struct xdt_grants *xdt_grants_of[XDT_ENTRIES_KINDS];
static grant_ref_t xdt_refs[XDT_MAX_ENTRIES];

/* Grant one page as often as there may be entries, once. */
static int xdt_grant_all(void)
{
	static u32 granted;
	struct page *page;
	int ref;

	if (granted)
		return granted == XDT_MAX_ENTRIES ? 0 : -ENOSPC;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	while (granted < XDT_MAX_ENTRIES) {
		ref = gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 0);
		if (ref < 0)
			return ref;
		xdt_refs[granted++] = ref;
	}
	return 0;
}

static struct xdt_grants *xdt_grants_new(u32 kind)
{
	int (*balloon)(unsigned int nr, struct page **pages);
	struct xdt_grants *g = vzalloc(sizeof(*g));
	int ret = -ENOENT;

	if (!g)
		return ERR_PTR(-ENOMEM);
	if (kind == XDT_ENTRIES_GRANTS) {
		ret = gnttab_alloc_pages(XDT_MAX_ENTRIES, g->pages);
	} else {
		balloon = xdt_symbol("xen_alloc_ballooned_pages");
		if (balloon)
			ret = balloon(XDT_MAX_ENTRIES, g->pages);
	}
	if (!ret)
		return g;
	vfree(g);
	return ERR_PTR(ret);
}

static int xdt_map_grants(struct xdt_grants *g, u32 n)
{
	static struct gnttab_map_grant_ref map[XDT_BATCH];
	struct page **pages = &g->pages[g->mapped];
	u32 i;
	int ret;

	for (i = 0; i < n; i++)
		gnttab_set_map_op(&map[i], (unsigned long)page_address(pages[i]),
				  GNTMAP_host_map, xdt_refs[g->mapped + i], 0);
	ret = gnttab_map_refs(map, NULL, pages, n);
	for (i = 0; i < n && !ret; i++) {
		ret = map[i].status == GNTST_okay ? 0 : -EIO;
		g->handles[g->mapped + i] = map[i].handle;
	}
	g->mapped += n;
	return ret;
}

static int xdt_unmap_grants(struct xdt_grants *g, u32 n)
{
	static struct gnttab_unmap_grant_ref unmap[XDT_BATCH];
	struct page **pages;
	u32 i;
	int ret;

	g->mapped -= n;
	pages = &g->pages[g->mapped];
	for (i = 0; i < n; i++)
		gnttab_set_unmap_op(&unmap[i], (unsigned long)page_address(pages[i]),
				    GNTMAP_host_map, g->handles[g->mapped + i]);
	ret = gnttab_unmap_refs(unmap, NULL, pages, n);
	for (i = 0; i < n && !ret; i++)
		ret = unmap[i].status == GNTST_okay ? 0 : -EIO;
	return ret;
}

static int xdt_change(struct xdt_entries *e, u32 kind, u32 count)
{
	struct xdt_grants *g = xdt_grants_of[kind];
	ktime_t start;
	int ret = 0;

	if (!g && !count)
		return 0;
	if (!g) {
		ret = xdt_grant_all();
		g = ret ? ERR_PTR(ret) : xdt_grants_new(kind);
		if (IS_ERR(g))
			return PTR_ERR(g);
		xdt_grants_of[kind] = g;
	}
	e->change += count - g->mapped;
	start = ktime_get();
	while (!ret && g->mapped < count)
		ret = xdt_map_grants(g, min_t(u32, count - g->mapped, XDT_BATCH));
	while (!ret && g->mapped > count)
		ret = xdt_unmap_grants(g, min_t(u32, g->mapped - count, XDT_BATCH));
	e->ns += ktime_to_ns(ktime_sub(ktime_get(), start));
	return ret;
}

/* Add regions of one page that nothing uses, above all memory, or remove them all. */
static int xdt_regions(struct memblock *all, u32 count)
{
	int (*add)(phys_addr_t base, phys_addr_t size) = xdt_symbol("memblock_add");
	int (*remove)(phys_addr_t base, phys_addr_t size) = xdt_symbol("memblock_remove");
	static phys_addr_t first, next;
	struct memblock_region *last;
	int ret = 0;

	if (!add || !remove)
		return -ENOENT;
	if (!first) {
		last = &all->memory.regions[all->memory.cnt - 1];
		first = ALIGN(last->base + last->size, SZ_1G) + SZ_1G;
		next = first;
	}
	if (!count && next != first) {
		ret = remove(first, next - first);
		next = first;
	}
	for (; !ret && all->memory.cnt < count; next += SZ_1M)
		ret = add(next, PAGE_SIZE);
	return ret;
}

int xdt_entries(struct xdt_entries *e)
{
	unsigned long (*lookup)(const char *name) = xdt_symbol("kallsyms_lookup_name");
	struct memblock *all = lookup ? (struct memblock *)lookup("memblock") : NULL;
	bool (*is_memory)(phys_addr_t addr) = xdt_symbol("memblock_is_memory");
	u32 kind, i;
	int ret;

	if (e->kind >= XDT_ENTRIES_KINDS || e->count > XDT_MAX_ENTRIES)
		return -EINVAL;
	if (!all || !is_memory)
		return -ENOENT;
	ret = xdt_regions(all, e->regions);
	e->regions = all->memory.cnt;
	for (kind = 0; kind < XDT_ENTRIES_KINDS && !ret; kind++)
		ret = xdt_change(e, kind, kind == e->kind ? e->count : 0);
	for (i = 0; i < e->count && !ret; i++)
		e->in_memory += is_memory(page_to_phys(xdt_grants_of[e->kind]->pages[i]));
	return ret;
}
