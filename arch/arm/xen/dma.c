// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA operations for a domain that Xen maps 1:1, such as dom0.
 *
 * dma-direct maps the memory of this domain.  A page that has a grant of
 * another domain has a different address for devices, and Xen maintains its
 * caches.
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>
#include <linux/swiotlb.h>

#include <xen/page.h>
#include <xen/swiotlb-xen.h>

/*
 * The largest block of boot memory that is not no-map.  Boot memory is never
 * removed.  Memory outside of the block is searched for in memblock.
 */
static struct {
	phys_addr_t start, end;
} xen_ram __ro_after_init;

static inline bool xen_dma_in_ram(phys_addr_t phys)
{
	return phys >= xen_ram.start && phys < xen_ram.end;
}

/*
 * gnttab_map_refs() sets PG_foreign for each page that has a grant.  Others use
 * the same bit, as the swap cache does.  So false only means: ask the tree.
 */
static inline bool xen_dma_is_local(phys_addr_t phys, size_t size)
{
	unsigned long pfn = PFN_DOWN(phys), end = PFN_UP(phys + size);
	unsigned long flags = 0;

	if (phys < xen_ram.start || phys + size > xen_ram.end)
		return false;

	for (; pfn < end; pfn++)
		flags |= READ_ONCE(pfn_to_page(pfn)->flags.f);
	return !(flags & BIT(PG_foreign));
}

/* swiotlb copies through the linear map, and through kmap() for highmem. */
static bool xen_dma_can_copy(phys_addr_t phys)
{
	struct page *page;

	if (memblock_is_map_memory(phys))
		return true;
	if (!pfn_valid(PFN_DOWN(phys)))
		return false;

	/* Grants can be mapped to device pages. */
	page = pfn_to_page(PFN_DOWN(phys));
	return is_zone_device_page(page) || PageHighMem(page);
}

/* bfn: of the first Xen page */
static bool xen_dma_is_contiguous(phys_addr_t phys, size_t size, unsigned long bfn)
{
	unsigned long xen_pfn = XEN_PFN_DOWN(phys);

	while (++xen_pfn < XEN_PFN_UP(phys + size))
		if (pfn_to_bfn(xen_pfn) != ++bfn)
			return false;
	return true;
}

/* Out of line, so that memory in the block needs few registers. */
static noinline void
xen_dma_other_for_cpu(struct device *dev, phys_addr_t phys, dma_addr_t addr,
		      size_t size, enum dma_data_direction dir)
{
	/* The CPU accesses the own pool of the device uncached. */
	if (dma_in_dev_coherent(dev, phys))
		return;
	if (memblock_is_map_memory(phys)) {
		arch_sync_dma_for_cpu(phys, size, dir);
		arch_sync_dma_flush();
	} else {
		xen_dma_sync_for_cpu(dev, addr, size, dir);
	}
}

static inline void
xen_dma_other_for_device(struct device *dev, phys_addr_t phys, dma_addr_t addr,
			 size_t size, enum dma_data_direction dir)
{
	if (dma_in_dev_coherent(dev, phys))
		return;
	if (memblock_is_map_memory(phys)) {
		arch_sync_dma_for_device(phys, size, dir);
		arch_sync_dma_flush();
	} else {
		xen_dma_sync_for_device(dev, addr, size, dir);
	}
}

static inline void xen_dma_for_cpu(struct device *dev, phys_addr_t phys,
				   dma_addr_t addr, size_t size,
				   enum dma_data_direction dir, bool flush)
{
	if (dir == DMA_TO_DEVICE || dev_is_dma_coherent(dev))
		return;
	if (xen_dma_in_ram(phys)) {
		arch_sync_dma_for_cpu(phys, size, dir);
		if (flush)
			arch_sync_dma_flush();
	} else {
		xen_dma_other_for_cpu(dev, phys, addr, size, dir);
	}
}

static inline void xen_dma_for_device(struct device *dev, phys_addr_t phys,
				      dma_addr_t addr, size_t size,
				      enum dma_data_direction dir, bool flush)
{
	if (dev_is_dma_coherent(dev))
		return;
	if (xen_dma_in_ram(phys)) {
		arch_sync_dma_for_device(phys, size, dir);
		if (flush)
			arch_sync_dma_flush();
	} else {
		xen_dma_other_for_device(dev, phys, addr, size, dir);
	}
}

/* Map all memory that xen_dma_is_local() does not know. */
static noinline dma_addr_t
xen_dma_map_other(struct device *dev, phys_addr_t phys, size_t size,
		  enum dma_data_direction dir, unsigned long attrs)
{
	unsigned long bfn;
	phys_addr_t bus;
	dma_addr_t addr;

	/* dma-direct refuses MMIO if bouncing is forced. */
	if (attrs & DMA_ATTR_MMIO) {
		addr = phys_to_dma(dev, phys);
		if (likely(dma_capable(dev, addr, size, false, attrs)))
			return addr;
		dev_WARN_ONCE(dev, 1, "MMIO %pa+%zu is out of reach\n", &phys,
			      size);
		return DMA_MAPPING_ERROR;
	}

	bfn = pfn_to_bfn(XEN_PFN_DOWN(phys));
	bus = ((phys_addr_t)bfn << XEN_PAGE_SHIFT) | (phys & ~XEN_PAGE_MASK);
	addr = phys_to_dma(dev, bus);
	if (dma_capable(dev, addr, size, true, attrs) &&
	    !is_swiotlb_force_bounce(dev)) {
		/* The device's own pool has no grants and is not cached. */
		if (dma_in_dev_coherent(dev, phys))
			return addr;
		if (xen_dma_is_contiguous(phys, size, bfn) &&
		    !xen_arch_need_swiotlb(dev, phys, addr) &&
		    !(dma_kmalloc_needs_bounce(dev, size, dir) &&
		      xen_dma_can_copy(phys))) {
			if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
				xen_dma_for_device(dev, bus, addr, size, dir, true);
			return addr;
		}
	}

	if (!xen_dma_can_copy(phys)) {
		if (!(attrs & DMA_ATTR_NO_WARN))
			dev_warn_ratelimited(dev,
					     "cannot bounce %pa+%zu: not in the linear map\n",
					     &phys, size);
		return DMA_MAPPING_ERROR;
	}
	if (attrs & DMA_ATTR_REQUIRE_COHERENT)
		return DMA_MAPPING_ERROR;
	return swiotlb_map(dev, phys, size, dir, attrs);
}

static inline dma_addr_t xen_dma_map(struct device *dev, phys_addr_t phys,
				     size_t size, enum dma_data_direction dir,
				     unsigned long attrs, bool flush)
{
	if (xen_dma_is_local(phys, size))
		return dma_direct_map_phys(dev, phys, size, dir, attrs, flush);
	return xen_dma_map_other(dev, phys, size, dir, attrs);
}

/* The bounce buffers are in the linear map. */
static noinline void
xen_dma_unmap_bounced(struct device *dev, phys_addr_t phys, size_t size,
		      enum dma_data_direction dir, unsigned long attrs,
		      struct io_tlb_pool *pool)
{
	if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		xen_dma_for_cpu(dev, phys, phys, size, dir, true);
	__swiotlb_tbl_unmap_single(dev, phys, size, dir, attrs, pool);
}

static inline void xen_dma_unmap(struct device *dev, dma_addr_t addr,
				 size_t size, enum dma_data_direction dir,
				 unsigned long attrs, bool flush)
{
	phys_addr_t phys = dma_to_phys(dev, addr);
	struct io_tlb_pool *pool;

	if (attrs & DMA_ATTR_MMIO)
		return;
	pool = swiotlb_find_pool(dev, phys);
	if (pool)
		xen_dma_unmap_bounced(dev, phys, size, dir, attrs, pool);
	else if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		xen_dma_for_cpu(dev, phys, addr, size, dir, flush);
}

static dma_addr_t xen_dma_map_phys(struct device *dev, phys_addr_t phys,
				   size_t size, enum dma_data_direction dir,
				   unsigned long attrs)
{
	return xen_dma_map(dev, phys, size, dir, attrs, true);
}

static void xen_dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
			       enum dma_data_direction dir, unsigned long attrs)
{
	xen_dma_unmap(dev, addr, size, dir, attrs, true);
}

static void xen_dma_unmap_sg(struct device *dev, struct scatterlist *sgl,
			     int nents, enum dma_data_direction dir,
			     unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		xen_dma_unmap(dev, sg_dma_address(sg), sg_dma_len(sg), dir,
			      attrs, false);
	if (dir != DMA_TO_DEVICE && !dev_is_dma_coherent(dev))
		arch_sync_dma_flush();
}

static int xen_dma_map_sg(struct device *dev, struct scatterlist *sgl,
			  int nents, enum dma_data_direction dir,
			  unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		sg_dma_address(sg) = xen_dma_map(dev, sg_phys(sg), sg->length,
						 dir, attrs, false);
		if (sg_dma_address(sg) == DMA_MAPPING_ERROR) {
			xen_dma_unmap_sg(dev, sgl, i, dir,
					 attrs | DMA_ATTR_SKIP_CPU_SYNC);
			return -EIO;
		}
		sg_dma_len(sg) = sg->length;
	}
	if (!dev_is_dma_coherent(dev))
		arch_sync_dma_flush();
	return nents;
}

static inline void
xen_dma_sync_and_copy(struct device *dev, dma_addr_t addr, size_t size,
		      enum dma_data_direction dir, bool flush)
{
	phys_addr_t phys = dma_to_phys(dev, addr);
	struct io_tlb_pool *pool = swiotlb_find_pool(dev, phys);

	xen_dma_for_cpu(dev, phys, addr, size, dir, flush || pool);
	if (pool)
		__swiotlb_sync_single_for_cpu(dev, phys, size, dir, pool);
}

static inline void
xen_dma_copy_and_sync(struct device *dev, dma_addr_t addr, size_t size,
		      enum dma_data_direction dir, bool flush)
{
	phys_addr_t phys = dma_to_phys(dev, addr);

	swiotlb_sync_single_for_device(dev, phys, size, dir);
	xen_dma_for_device(dev, phys, addr, size, dir, flush);
}

static void xen_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr,
					size_t size, enum dma_data_direction dir)
{
	xen_dma_sync_and_copy(dev, addr, size, dir, true);
}

static void xen_dma_sync_single_for_device(struct device *dev, dma_addr_t addr,
					   size_t size,
					   enum dma_data_direction dir)
{
	xen_dma_copy_and_sync(dev, addr, size, dir, true);
}

static void xen_dma_sync_sg_for_cpu(struct device *dev, struct scatterlist *sgl,
				    int nents, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		xen_dma_sync_and_copy(dev, sg_dma_address(sg), sg->length, dir,
				      false);
	if (dir != DMA_TO_DEVICE && !dev_is_dma_coherent(dev))
		arch_sync_dma_flush();
}

static void xen_dma_sync_sg_for_device(struct device *dev,
				       struct scatterlist *sgl, int nents,
				       enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		xen_dma_copy_and_sync(dev, sg_dma_address(sg), sg->length, dir,
				      false);
	if (!dev_is_dma_coherent(dev))
		arch_sync_dma_flush();
}

static int xen_dma_get_sgtable(struct device *dev, struct sg_table *sgt,
			       void *cpu_addr, dma_addr_t addr, size_t size,
			       unsigned long attrs)
{
	/* A private pool can have DMA addresses of its own. */
	if (is_vmalloc_addr(cpu_addr))
		return dma_common_get_sgtable(dev, sgt, cpu_addr, addr, size, attrs);
	return dma_direct_get_sgtable(dev, sgt, cpu_addr, addr, size, attrs);
}

/* Foreign memory that is not contiguous is bounced, whatever the mask is. */
static int xen_dma_supported(struct device *dev, u64 mask)
{
	return phys_to_dma(dev, default_swiotlb_limit()) <= mask;
}

const struct dma_map_ops xen_swiotlb_dma_ops = {
	.alloc = dma_direct_alloc,
	.free = dma_direct_free,
	.alloc_pages_op = dma_direct_alloc_pages,
	.free_pages = dma_direct_free_pages,
	.mmap = dma_direct_mmap,
	.get_sgtable = xen_dma_get_sgtable,
	.map_phys = xen_dma_map_phys,
	.unmap_phys = xen_dma_unmap_phys,
	.map_sg = xen_dma_map_sg,
	.unmap_sg = xen_dma_unmap_sg,
	.sync_single_for_cpu = xen_dma_sync_single_for_cpu,
	.sync_single_for_device = xen_dma_sync_single_for_device,
	.sync_sg_for_cpu = xen_dma_sync_sg_for_cpu,
	.sync_sg_for_device = xen_dma_sync_sg_for_device,
	.dma_supported = xen_dma_supported,
	.max_mapping_size = swiotlb_max_mapping_size,
};

static int __init xen_dma_init(void)
{
	struct memblock_region *region;

	for_each_mem_region(region) {
		if (memblock_is_nomap(region) ||
		    region->size <= xen_ram.end - xen_ram.start)
			continue;
		xen_ram.start = region->base;
		xen_ram.end = region->base + region->size;
	}
	return 0;
}
arch_initcall(xen_dma_init);
