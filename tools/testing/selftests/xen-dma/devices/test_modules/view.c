// SPDX-License-Identifier: GPL-2.0
#include <linux/dma-direct.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "drivers.h"

/* Return whether the linear map lacks the address, as it lacks those of private pools. */
static bool is_io(struct device *dev, dma_addr_t dma)
{
	return !pfn_is_map_memory(PHYS_PFN(dma_to_phys(dev, dma)));
}

void *view_map(struct device *dev, dma_addr_t dma, size_t size)
{
	unsigned int i, n = PAGE_ALIGN(size) >> PAGE_SHIFT;
	phys_addr_t phys = dma_to_phys(dev, dma);
	struct page **pages;
	void *view;

	if (is_io(dev, dma))
		return memremap(phys, size, MEMREMAP_WC);
	pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < n; i++)
		pages[i] = pfn_to_page(PHYS_PFN(phys) + i);
	view = vmap(pages, n, VM_MAP, pgprot_writecombine(PAGE_KERNEL));
	kfree(pages);
	return view;
}

void view_unmap(struct device *dev, dma_addr_t dma, void *view)
{
	if (is_io(dev, dma))
		memunmap(view);
	else
		vunmap(view);
}
