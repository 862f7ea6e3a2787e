// SPDX-License-Identifier: GPL-2.0
/* A DMA buffer: allocated, seen by the device, described, mapped, freed. */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <xen/page.h>

#include "xdt.h"

static bool xdt_in_pool(struct xdt_buf *b)
{
	struct xdt_dev *xdt = b->xdt;

	return b->dma_addr >= xdt->pool_dma &&
	       b->dma_addr + b->size <= xdt->pool_dma + xdt->pool_size;
}

static phys_addr_t xdt_phys(struct xdt_buf *b)
{
	struct xdt_dev *xdt = b->xdt;
	phys_addr_t bus;

	if (xdt_in_pool(b))
		return xdt->pool_phys + b->dma_addr - xdt->pool_dma;
	/* Xen's pages can be smaller than those of the kernel. */
	bus = dma_to_phys(xdt->dev, b->dma_addr);
	return ((phys_addr_t)bfn_to_pfn(XEN_PFN_DOWN(bus)) << XEN_PAGE_SHIFT) +
	       (bus & ~XEN_PAGE_MASK);
}

static unsigned long xdt_pfn(struct xdt_buf *b)
{
	return PHYS_PFN(xdt_phys(b));
}

static u32 xdt_cpu_kind(struct xdt_buf *b)
{
	const void *cpu_addr = b->cpu_addr;

	/* Without a vmemmap, a cookie looks like any address of the linear map. */
	if (pfn_valid(xdt_pfn(b)) && cpu_addr == pfn_to_page(xdt_pfn(b)))
		return XDT_CPU_COOKIE;
	if (is_vmalloc_addr(cpu_addr))
		return XDT_CPU_REMAPPED;
	return virt_addr_valid(cpu_addr) ? XDT_CPU_LINEAR : XDT_CPU_COOKIE;
}

/* Map the buffer from its DMA address, which the allocator and mmap do not use. */
static int xdt_view(struct xdt_buf *b)
{
	unsigned int i, n = PAGE_ALIGN(b->size) >> PAGE_SHIFT;
	struct device *dev = b->xdt->dev;
	pgprot_t prot = PAGE_KERNEL;
	struct page **pages;

	b->view_is_io = dev->dma_mem || !pfn_valid(xdt_pfn(b));
	if (b->view_is_io) {
		b->view = memremap(PFN_PHYS(xdt_pfn(b)), n << PAGE_SHIFT,
				   MEMREMAP_WC);
		return b->view ? 0 : -ENOMEM;
	}

	pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = pfn_to_page(xdt_pfn(b) + i);
	if (!dev_is_dma_coherent(dev))
		prot = pgprot_writecombine(prot);
	b->view = vmap(pages, n, VM_MAP, prot);
	kfree(pages);
	return b->view ? 0 : -ENOMEM;
}

void xdt_free(struct xdt_buf *b)
{
	if (b->view_is_io && b->view)
		memunmap(b->view);
	else if (b->view)
		vunmap(b->view);
	b->view = NULL;
	if (b->cpu_addr)
		dma_free_attrs(b->xdt->dev, b->size, b->cpu_addr, b->dma_addr,
			       b->attrs);
	b->cpu_addr = NULL;
}

int xdt_alloc(struct xdt_buf *b, struct xdt_alloc *a)
{
	gfp_t gfp = a->flags & XDT_ATOMIC ? GFP_ATOMIC : GFP_KERNEL;
	int ret;

	if (b->cpu_addr)
		return -EBUSY;

	b->size = a->size;
	b->attrs = DMA_ATTR_NO_WARN;
	if (a->flags & XDT_NO_KERNEL_MAPPING)
		b->attrs |= DMA_ATTR_NO_KERNEL_MAPPING;
	if (a->flags & XDT_WRITE_COMBINE)
		b->attrs |= DMA_ATTR_WRITE_COMBINE;

	xdt_cookie_begin();
	b->cpu_addr = dma_alloc_attrs(b->xdt->dev, b->size, &b->dma_addr,
				      gfp | __GFP_NOWARN, b->attrs);
	a->cleared = xdt_cookie_end();
	if (!b->cpu_addr)
		return -ENOMEM;

	ret = xdt_view(b);
	if (ret) {
		xdt_free(b);
		return ret;
	}

	a->has_page = pfn_valid(xdt_pfn(b));
	a->cpu_kind = xdt_cpu_kind(b);
	a->in_pool = xdt_in_pool(b);
	a->dma_addr = b->dma_addr;
	a->cpu_addr = (unsigned long)b->cpu_addr;
	a->phys = xdt_phys(b);
	return 0;
}

int xdt_sgtable(struct xdt_buf *b, struct xdt_sgtable *s)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i;
	int ret;

	ret = dma_get_sgtable_attrs(b->xdt->dev, &sgt, b->cpu_addr,
				    b->dma_addr, b->size, b->attrs);
	if (ret)
		return ret;

	s->nents = sgt.nents;
	s->phys = sg_phys(sgt.sgl);
	s->length = 0;
	for_each_sg(sgt.sgl, sg, sgt.nents, i)
		s->length += sg->length;
	if (!s->keep)
		sg_free_table(&sgt);
	return 0;
}

int xdt_map(struct xdt_buf *b, struct vm_area_struct *vma)
{
	unsigned long pfn;

	if (!b->cpu_addr)
		return -EINVAL;
	if (b->mmap.set_pgoff)
		vma->vm_pgoff = b->mmap.pgoff;
	if (b->mmap.how == XDT_MMAP_DMA)
		return dma_mmap_attrs(b->xdt->dev, vma, b->cpu_addr,
				      b->dma_addr, b->size, b->attrs);

	pfn = xdt_pfn(b) + vma->vm_pgoff;
	if (b->mmap.how == XDT_MMAP_NEXT_PAGE) {
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
		pfn++;
	} else {
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	}
	return remap_pfn_range(vma, vma->vm_start, pfn,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}
