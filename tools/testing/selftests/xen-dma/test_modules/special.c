// SPDX-License-Identifier: GPL-2.0
/* Requests that few drivers make, and machines that are rare. */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/swiotlb.h>
#include <xen/page.h>

#include "xdt.h"

/* Force bouncing, as swiotlb=force does; older kernels run no such tests. */
void xdt_force_bounce(struct device *dev, bool on)
{
#ifdef DMA_ATTR_REQUIRE_COHERENT
	dev->dma_io_tlb_mem->force_bounce = on;
#endif
}

/* Set the flag that gnttab_map_refs() sets, or clear it.  Others use the bit, too. */
void xdt_flag_foreign(phys_addr_t phys, size_t size, bool on)
{
	unsigned long pfn, end = PFN_UP(phys + size);

	for (pfn = PHYS_PFN(phys); pfn < end; pfn++)
		if (!pfn_valid(pfn))
			continue;
		else if (on)
			SetPageForeign(pfn_to_page(pfn));
		else
			ClearPageForeign(pfn_to_page(pfn));
}

/*
 * Enter frames of another domain for pages and set their flag, as gnttab_map_refs()
 * does.  The frames of one page are contiguous, those of two pages are not.  Undo both if
 * there is no machine address.
 */
void xdt_foreign(phys_addr_t phys, size_t size, phys_addr_t machine)
{
	unsigned long i, mfn = INVALID_P2M_ENTRY;

	xdt_flag_foreign(phys, size, machine);
	for (i = 0; i < XEN_PFN_UP(size); i++) {
		if (machine)
			mfn = XEN_PFN_DOWN(machine) + i + round_down(i, XEN_PFN_PER_PAGE);
		__set_phys_to_machine(XEN_PFN_DOWN(phys) + i, mfn);
	}
}

/* Allocate pages while bouncing is forced, and free them. */
int xdt_alloc_pages(struct xdt_dev *xdt, struct xdt_pages *p)
{
	struct page *page;
	dma_addr_t dma;

	xdt_force_bounce(xdt->dev, true);
	page = dma_alloc_pages(xdt->dev, p->size, &dma, DMA_BIDIRECTIONAL,
			       GFP_KERNEL | __GFP_NOWARN);
	xdt_force_bounce(xdt->dev, false);
	if (!page)
		return -ENOMEM;
	p->phys = page_to_phys(page);
	p->device = dma_to_phys(xdt->dev, dma);
	dma_free_pages(xdt->dev, p->size, page, dma, DMA_BIDIRECTIONAL);
	return 0;
}

/*
 * Add the address to the kernel's memory for one sync.  The detector leaves the
 * cache maintenance out, so nothing accesses the address.
 */
int xdt_sync_wide(struct xdt_dev *xdt, const struct xdt_wide *w)
{
	int (*add)(phys_addr_t base, phys_addr_t size);
	int (*remove)(phys_addr_t base, phys_addr_t size);
	int ret;

	add = xdt_symbol("memblock_add");
	remove = xdt_symbol("memblock_remove");
	if (!add || !remove)
		return -ENOENT;
	ret = add(w->phys & PAGE_MASK, PAGE_ALIGN(w->size));
	if (ret)
		return ret;
	/* Do not use dma_sync_single_for_cpu(): dma-debug knows no such mapping. */
	get_dma_ops(xdt->dev)->sync_single_for_cpu(xdt->dev, w->phys, w->size,
						   DMA_FROM_DEVICE);
	return remove(w->phys & PAGE_MASK, PAGE_ALIGN(w->size));
}
