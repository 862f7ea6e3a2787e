// SPDX-License-Identifier: GPL-2.0
/*
 * Run one case of a scenario: map memory for a device, sync and unmap it, and
 * return the results of each step.
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/of_reserved_mem.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "xdt.h"

struct xdt_map {
	struct device *dev;
	struct xdt_case *c;
	struct scatterlist *sgl;
	dma_addr_t dma;
	unsigned long attrs;
};

static enum dma_data_direction xdt_dir(const struct xdt_case *c)
{
	return c->dir;
}

static phys_addr_t xdt_entry(const struct xdt_case *c, unsigned int i)
{
	return c->phys + i * c->stride;
}

/* Before 5.14, pfn_valid() is false for no-map memory, although it has pages. */
bool xdt_has_page(phys_addr_t phys)
{
	unsigned long pfn = PHYS_PFN(phys);

#ifdef CONFIG_SPARSEMEM
	if (pfn_to_section_nr(pfn) < NR_MEM_SECTIONS)
		return pfn_in_present_section(pfn);
#endif
	return pfn_valid(pfn);
}

static int xdt_map_sg(struct xdt_map *m)
{
	struct xdt_case *c = m->c;
	struct scatterlist *sg;
	unsigned int i;

	if (!xdt_has_page(c->phys))
		return -ENXIO;
	m->sgl = kcalloc(c->nents, sizeof(*m->sgl), GFP_KERNEL);
	if (!m->sgl)
		return -ENOMEM;
	sg_init_table(m->sgl, c->nents);
	for_each_sg(m->sgl, sg, c->nents, i)
		sg_set_page(sg, pfn_to_page(PHYS_PFN(xdt_entry(c, i))), c->size,
			    offset_in_page(xdt_entry(c, i)));
	if (!dma_map_sg_attrs(m->dev, m->sgl, c->nents, xdt_dir(c), m->attrs))
		return -EIO;
	c->right = true;
	for_each_sg(m->sgl, sg, c->nents, i)
		c->right &= dma_to_phys(m->dev, sg_dma_address(sg)) ==
			    xdt_entry(c, i) && sg_dma_len(sg) == c->size;
	c->dma_addr = sg_dma_address(m->sgl);
	return 0;
}

/* Use dma_map_page() for ordinary memory only, where the kernel has another call. */
static dma_addr_t xdt_map_memory(struct xdt_map *m)
{
	struct xdt_case *c = m->c;
	unsigned long pfn = PHYS_PFN(c->phys);

#ifdef DMA_ATTR_MMIO
	if (!xdt_has_page(c->phys) || is_zone_device_page(pfn_to_page(pfn)))
		return dma_map_phys(m->dev, c->phys, c->size, xdt_dir(c),
				    m->attrs);
#endif
	if (!xdt_has_page(c->phys))
		return DMA_MAPPING_ERROR;
	return dma_map_page_attrs(m->dev, pfn_to_page(pfn),
				  offset_in_page(c->phys), c->size, xdt_dir(c),
				  m->attrs);
}

static int xdt_do_map(struct xdt_map *m)
{
	struct xdt_case *c = m->c;

	if (c->nents)
		return xdt_map_sg(m);

	if (c->mmio)
		m->dma = dma_map_resource(m->dev, c->phys, c->size, xdt_dir(c),
					  m->attrs);
	else
		m->dma = xdt_map_memory(m);
	if (dma_mapping_error(m->dev, m->dma))
		return -EIO;
	c->dma_addr = m->dma;
	c->right = dma_to_phys(m->dev, m->dma) == c->phys;
	return 0;
}

static void xdt_sync(struct xdt_map *m, bool for_cpu)
{
	struct xdt_case *c = m->c;

	if (c->nents && for_cpu)
		dma_sync_sg_for_cpu(m->dev, m->sgl, c->nents, xdt_dir(c));
	else if (c->nents)
		dma_sync_sg_for_device(m->dev, m->sgl, c->nents, xdt_dir(c));
	else if (for_cpu)
		dma_sync_single_range_for_cpu(m->dev, m->dma, c->sync_offset,
					      c->sync_size, xdt_dir(c));
	else
		dma_sync_single_range_for_device(m->dev, m->dma, c->sync_offset,
						 c->sync_size, xdt_dir(c));
}

static void xdt_unmap(struct xdt_map *m)
{
	struct xdt_case *c = m->c;

	if (c->nents)
		dma_unmap_sg_attrs(m->dev, m->sgl, c->nents, xdt_dir(c),
				   m->attrs);
	else if (c->mmio)
		dma_unmap_resource(m->dev, m->dma, c->size, xdt_dir(c),
				   m->attrs);
	else
		dma_unmap_page_attrs(m->dev, m->dma, c->size, xdt_dir(c),
				     m->attrs);
}

/* Return the i-th entry at the CPU's address; xdt_device() uses the DMA address. */
static u8 *xdt_cpu(struct xdt_map *m, unsigned int i)
{
	return phys_to_virt(xdt_entry(m->c, i));
}

static u8 *xdt_device(struct xdt_map *m, unsigned int i)
{
	dma_addr_t dma = m->sgl ? sg_dma_address(&m->sgl[i]) : m->dma;

	return phys_to_virt(dma_to_phys(m->dev, dma));
}

static void xdt_fill(struct xdt_map *m, u8 *(*side)(struct xdt_map *, unsigned int),
		     u8 value)
{
	unsigned int i;

	for (i = 0; i < max(m->c->nents, 1); i++)
		memset(side(m, i), value, m->c->size);
}

/* Count the entries with a synced byte that the other side does not see. */
static void xdt_expect(struct xdt_map *m, u8 *(*side)(struct xdt_map *, unsigned int),
		       u8 value, bool part)
{
	struct xdt_case *c = m->c;
	unsigned int n = max(c->nents, 1), i;
	size_t from = part && !c->nents ? c->sync_offset : 0;
	size_t len = part && !c->nents ? c->sync_size : c->size;

	for (i = 0; i < n; i++)
		if (memchr_inv(side(m, i) + from, value, len))
			c->wrong_data++;
}

static void xdt_step(struct xdt_map *m, unsigned int step)
{
	xdt_seen_take(&m->c->seen[step]);
}

/* Take the private pool from the device, sync and unmap, and give the pool back. */
static int xdt_without_pool(struct xdt_map *m)
{
	of_reserved_mem_device_release(m->dev);
	xdt_sync(m, true);
	xdt_step(m, XDT_SYNC_CPU);
	xdt_unmap(m);
	xdt_step(m, XDT_UNMAP);
	return of_reserved_mem_device_init(m->dev);
}

int xdt_map_case(struct xdt_dev *xdt, struct xdt_case *c)
{
	struct xdt_map m = { .dev = xdt->dev, .c = c, .attrs = DMA_ATTR_NO_WARN };
	bool to = xdt_dir(c) != DMA_FROM_DEVICE;
	bool from = xdt_dir(c) != DMA_TO_DEVICE;
	size_t own = c->foreign ? (c->foreign - 1) * PAGE_SIZE : 0;

	if (c->skip_cpu_sync)
		m.attrs |= DMA_ATTR_SKIP_CPU_SYNC;
#ifdef DMA_ATTR_REQUIRE_COHERENT
	if (c->require_coherent)
		m.attrs |= DMA_ATTR_REQUIRE_COHERENT;
#endif
	if (c->warn)
		m.attrs &= ~DMA_ATTR_NO_WARN;
	memset(c->seen, 0, sizeof(c->seen));
#ifdef CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC
	c->unaligned = dma_kmalloc_needs_bounce(m.dev, c->size, xdt_dir(c));
#endif

	if (c->data && to)
		xdt_fill(&m, xdt_cpu, 0x11);
	xdt_step(&m, XDT_MAP);
	c->stray = c->seen[XDT_MAP].hits;
	if (c->foreign)
		xdt_foreign(c->phys + own, c->size - own, XDT_FOREIGN);
	if (c->flagged)
		xdt_flag_foreign(c->phys, c->size, true);
	if (c->force)
		xdt_force_bounce(m.dev, true);
	c->ret = xdt_do_map(&m);
	if (c->force)
		xdt_force_bounce(m.dev, false);
	if (c->foreign)
		xdt_foreign(c->phys + own, c->size - own, 0);
	if (c->flagged)
		xdt_flag_foreign(c->phys, c->size, false);
	xdt_step(&m, XDT_MAP);
	if (c->ret)
		goto out;
	if (c->release) {
		c->ret = xdt_without_pool(&m);
		goto out;
	}

	/* Without bouncing, both sides have the same memory and the same address. */
	c->compared = c->data && !c->right;
	if (c->compared && to)
		xdt_expect(&m, xdt_device, 0x11, false);
	if (!c->mmio && c->sync_size) {
		if (c->compared && from)
			xdt_fill(&m, xdt_device, 0x22);
		xdt_sync(&m, true);
		xdt_step(&m, XDT_SYNC_CPU);
		if (c->compared && from)
			xdt_expect(&m, xdt_cpu, 0x22, true);
		if (c->compared && to)
			xdt_fill(&m, xdt_cpu, 0x33);
		xdt_sync(&m, false);
		xdt_step(&m, XDT_SYNC_DEVICE);
		if (c->compared && to)
			xdt_expect(&m, xdt_device, 0x33, true);
	}
	if (c->compared && from)
		xdt_fill(&m, xdt_device, 0x44);
	xdt_unmap(&m);
	xdt_step(&m, XDT_UNMAP);
	if (c->compared && from)
		xdt_expect(&m, xdt_cpu, 0x44, false);
out:
	kfree(m.sgl);
	return 0;
}
