// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of Xen's swiotlb: which page a DMA buffer has, and who maintains
 * the caches of which memory.
 *
 * The DMA operations are called directly for devices that do not exist.  A stub
 * counts when Xen would be asked, so the tests run without Xen.
 */

#include <kunit/device.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/dma-map-ops.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>
#include <xen/swiotlb-xen.h>
#include <xen/xen.h>

#define PAGES		4UL
#define POOL_SIZE	SZ_64K
/* The DMA address of the pool is its physical address plus this. */
#define POOL_OFFSET	SZ_1M

/*
 * owner	the device that a pool is declared for
 * other	a device without a pool
 * nowhere	physical address of 1 GiB without memory; the pool is at its
 *		beginning; nothing accesses it
 * ram		a buffer of PAGES pages, and its DMA address
 * asked	number of calls that go to Xen
 */
struct swiotlb_xen_kunit {
	struct device *owner, *other;
	u64 mask;
	phys_addr_t nowhere;
	struct page *ram;
	dma_addr_t ram_dma;
	struct dev_pagemap pgmap;
	unsigned int asked;
};

static struct device *new_device(struct kunit *test, const char *name)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct device *dev = kunit_device_register(test, name);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_mask = &ctx->mask;
	dev->coherent_dma_mask = ctx->mask;
	return dev;
}

KUNIT_DEFINE_ACTION_WRAPPER(release_pool, dma_release_coherent_memory,
			    struct device *);
KUNIT_DEFINE_ACTION_WRAPPER(put_file, fput, struct file *);

static void free_ram(void *data)
{
	struct swiotlb_xen_kunit *ctx = data;

	__free_pages(ctx->ram, get_order(PAGES << PAGE_SHIFT));
}

static void unmap_ram(void *data)
{
	struct swiotlb_xen_kunit *ctx = data;

	xen_swiotlb_dma_ops.unmap_phys(ctx->other, ctx->ram_dma, PAGE_SIZE,
				       DMA_TO_DEVICE, 0);
}

static phys_addr_t find_nowhere(struct kunit *test)
{
	phys_addr_t phys = ALIGN(PFN_PHYS(max_pfn), SZ_1G);

	while (phys && region_intersects(phys, SZ_1G, 0, IORES_DESC_NONE) !=
		       REGION_DISJOINT)
		phys += SZ_1G;
	if (!phys)
		kunit_skip(test, "there is something everywhere");
	return phys;
}

#ifdef CONFIG_X86
static void count_calls_of_xen(struct kunit *test)
{
}
#else
static void count(struct device *dev, dma_addr_t handle, size_t size,
		  enum dma_data_direction dir)
{
	struct swiotlb_xen_kunit *ctx = kunit_get_current_test()->priv;

	ctx->asked++;
}

static void count_calls_of_xen(struct kunit *test)
{
	kunit_activate_static_stub(test, xen_dma_sync_for_device, count);
	kunit_activate_static_stub(test, xen_dma_sync_for_cpu, count);
}
#endif

static int swiotlb_xen_init(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->mask = DMA_BIT_MASK(64);
	ctx->nowhere = find_nowhere(test);
	ctx->owner = new_device(test, "owner");
	ctx->other = new_device(test, "other");
	if (is_swiotlb_force_bounce(ctx->other))
		kunit_skip(test, "bouncing is forced");

	ctx->ram = alloc_pages(GFP_KERNEL, get_order(PAGES << PAGE_SHIFT));
	KUNIT_ASSERT_NOT_NULL(test, ctx->ram);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_ram, ctx));
	ctx->ram_dma = xen_swiotlb_dma_ops.map_phys(ctx->other,
						    page_to_phys(ctx->ram),
						    PAGE_SIZE, DMA_TO_DEVICE, 0);
	KUNIT_ASSERT_NE(test, ctx->ram_dma, DMA_MAPPING_ERROR);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, unmap_ram, ctx));
	count_calls_of_xen(test);
	return 0;
}

static void need_local_addresses(struct kunit *test)
{
	if (xen_pv_domain())
		kunit_skip(test, "DMA addresses are machine addresses");
}

static void need_arm(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_X86))
		kunit_skip(test, "x86 is coherent and has all memory mapped");
}

static void declare_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	if (!IS_ENABLED(CONFIG_DMA_DECLARE_COHERENT))
		kunit_skip(test, "no private pools are configured");
	need_local_addresses(test);
	KUNIT_ASSERT_EQ(test, 0,
			dma_declare_coherent_memory(ctx->owner, ctx->nowhere,
						    ctx->nowhere + POOL_OFFSET,
						    POOL_SIZE));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, release_pool,
							   ctx->owner));
}

static void in_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	phys_addr_t pool = ctx->nowhere, last = pool + POOL_SIZE - 1;

	declare_pool(test);
	KUNIT_EXPECT_TRUE(test, dma_in_dev_coherent(ctx->owner, pool));
	KUNIT_EXPECT_TRUE(test, dma_in_dev_coherent(ctx->owner, last));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner, pool - 1));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner, last + 1));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->other, pool));
}

enum where { RAM, POOL, NOWHERE, HOLE, DEVICE_PAGE, BOUNCE_BUFFER };

/* A hole of memory that has struct pages. */
static phys_addr_t find_hole(struct kunit *test)
{
#ifndef CONFIG_X86
	unsigned long pfn;

	for (pfn = min_low_pfn; pfn < max_pfn; pfn += SZ_1M >> PAGE_SHIFT)
		if (pfn_valid(pfn) && !is_zone_device_page(pfn_to_page(pfn)) &&
		    !memblock_is_map_memory(PFN_PHYS(pfn)))
			return PFN_PHYS(pfn);
#endif
	kunit_skip(test, "this machine has no hole with struct pages");
	return 0;
}

#ifdef CONFIG_ZONE_DEVICE
KUNIT_DEFINE_ACTION_WRAPPER(unmap_device_pages, memunmap_pages,
			    struct dev_pagemap *);

/* Make pages as Xen's unpopulated-alloc.c does.  They raise max_pfn for good. */
static phys_addr_t make_device_page(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct dev_pagemap *pgmap = &ctx->pgmap;

	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->range.start = ctx->nowhere + SZ_512M;
	pgmap->range.end = pgmap->range.start + SZ_128M - 1;
	pgmap->nr_range = 1;
	if (!mhp_range_allowed(pgmap->range.start, SZ_128M, true))
		kunit_skip(test, "the linear map ends before");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, memremap_pages(pgmap, NUMA_NO_NODE));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, unmap_device_pages,
						  pgmap));
	return pgmap->range.start;
}
#else
static phys_addr_t make_device_page(struct kunit *test)
{
	kunit_skip(test, "ZONE_DEVICE is not configured");
	return 0;
}
#endif

static phys_addr_t address_of(struct kunit *test, enum where where)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	switch (where) {
	case RAM:
		break;
	case POOL:
		declare_pool(test);
		return ctx->nowhere;
	case NOWHERE:
		return ctx->nowhere;
	case HOLE:
		return find_hole(test);
	case DEVICE_PAGE:
		return make_device_page(test);
	case BOUNCE_BUFFER:
		if (!is_swiotlb_active(ctx->other))
			kunit_skip(test, "there are no bounce buffers");
		/* default_swiotlb_base() would keep it from growing. */
		return ctx->other->dma_io_tlb_mem->defpool.start;
	}
	return page_to_phys(ctx->ram);
}

static const struct {
	const char *name;
	enum where where;
	unsigned int asked;
} maintained[] = {
	{ "memory", RAM, 0 },
	{ "bounce buffer", BOUNCE_BUFFER, 0 },
	{ "device page", DEVICE_PAGE, 1 },
	{ "pool", POOL, 1 },
	{ "no memory", NOWHERE, 1 },
	{ "hole with struct pages", HOLE, 1 },
};

KUNIT_ARRAY_PARAM_DESC(maintain, maintained, name);

/* Map, sync twice and unmap: Xen is asked each time or never. */
static void maintain(struct kunit *test)
{
	enum dma_data_direction dir = DMA_BIDIRECTIONAL;
	const struct dma_map_ops *ops = &xen_swiotlb_dma_ops;
	const typeof(maintained[0]) *row = test->param_value;
	struct swiotlb_xen_kunit *ctx = test->priv;
	phys_addr_t phys;
	dma_addr_t dma;

	need_arm(test);
	phys = address_of(test, row->where);
	dma = ops->map_phys(ctx->other, phys, PAGE_SIZE, dir, 0);
	KUNIT_ASSERT_EQ(test, (dma_addr_t)phys, dma);
	KUNIT_EXPECT_EQ(test, row->asked, ctx->asked);
	ops->sync_single_for_cpu(ctx->other, dma, PAGE_SIZE, dir);
	KUNIT_EXPECT_EQ(test, 2 * row->asked, ctx->asked);
	ops->sync_single_for_device(ctx->other, dma, PAGE_SIZE, dir);
	KUNIT_EXPECT_EQ(test, 3 * row->asked, ctx->asked);
	/* swiotlb did not give the bounce buffer out and would not take it back. */
	if (row->where == BOUNCE_BUFFER)
		return;
	ops->unmap_phys(ctx->other, dma, PAGE_SIZE, dir, 0);
	KUNIT_EXPECT_EQ(test, 4 * row->asked, ctx->asked);
}

/* A few bytes would be bounced if kmalloc() could have returned them. */
static void few_bytes_of_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	declare_pool(test);
	KUNIT_EXPECT_EQ(test, (dma_addr_t)ctx->nowhere,
			xen_swiotlb_dma_ops.map_phys(ctx->other, ctx->nowhere, 1,
						     DMA_FROM_DEVICE, 0));
}

static void need_bounce_buffers(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	if (!is_swiotlb_active(ctx->other))
		kunit_skip(test, "there are no bounce buffers");
}

static void pool_out_of_reach(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	need_bounce_buffers(test);
	declare_pool(test);
	ctx->mask = ctx->nowhere - 1;
	KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
			xen_swiotlb_dma_ops.map_phys(ctx->other, ctx->nowhere,
						     PAGE_SIZE, DMA_TO_DEVICE,
						     DMA_ATTR_NO_WARN));
}

/* Bouncing is forced, so all of this would need a bounce buffer. */
static const struct {
	const char *name;
	size_t size;
	unsigned long attrs;
} refusals[] = {
	{ "require coherent", PAGE_SIZE, DMA_ATTR_REQUIRE_COHERENT },
	{ "no length", 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(refuse, refusals, name);

static void stop_forcing(void *data)
{
	struct swiotlb_xen_kunit *ctx = data;

	ctx->other->dma_io_tlb_mem->force_bounce = false;
}

static void refuse(struct kunit *test)
{
	const typeof(refusals[0]) *row = test->param_value;
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_bounce_buffers(test);
	ctx->other->dma_io_tlb_mem->force_bounce = true;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, stop_forcing, ctx));
	KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
			xen_swiotlb_dma_ops.map_phys(ctx->other,
						     page_to_phys(ctx->ram),
						     row->size, DMA_TO_DEVICE,
						     row->attrs | DMA_ATTR_NO_WARN));
}

static void unmap_mmio(struct kunit *test)
{
	const struct dma_map_ops *ops = &xen_swiotlb_dma_ops;
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct io_tlb_mem *mem = ctx->other->dma_io_tlb_mem, forced;
	dma_addr_t dma;

	need_arm(test);
	/* MMIO needs no bounce buffer, also while bouncing is forced. */
	forced = *mem;
	forced.force_bounce = true;
	ctx->other->dma_io_tlb_mem = &forced;
	dma = ops->map_phys(ctx->other, ctx->nowhere, PAGE_SIZE,
			    DMA_BIDIRECTIONAL, DMA_ATTR_MMIO);
	ctx->other->dma_io_tlb_mem = mem;
	KUNIT_ASSERT_EQ(test, (dma_addr_t)ctx->nowhere, dma);
	ops->unmap_phys(ctx->other, dma, PAGE_SIZE, DMA_BIDIRECTIONAL,
			DMA_ATTR_MMIO);
	KUNIT_EXPECT_EQ(test, 0, ctx->asked);
}

/* Map the buffer; the CPU address is that of DMA_ATTR_NO_KERNEL_MAPPING. */
static int mapping_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct swiotlb_xen_kunit *ctx = file->private_data;

	return xen_swiotlb_dma_ops.mmap(ctx->other, vma, ctx->ram, ctx->ram_dma,
					PAGES << PAGE_SHIFT, 0);
}

static const struct file_operations mapping_fops = {
	.mmap = mapping_mmap,
};

/* Returns 0 if nothing is mapped. */
static unsigned long user_pfn(unsigned long addr)
{
	struct follow_pfnmap_args args = { .address = addr };

	mmap_read_lock(current->mm);
	args.vma = vma_lookup(current->mm, addr);
	if (!args.vma || follow_pfnmap_start(&args))
		args.pfn = 0;
	else
		follow_pfnmap_end(&args);
	mmap_read_unlock(current->mm);
	return args.pfn;
}

static void mmap_pages(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	unsigned long addr, i;
	struct file *file;

	/* On x86 the CPU address is always one; and Xen wants its mm pinned. */
	need_arm(test);
	file = anon_inode_getfile("swiotlb_xen", &mapping_fops, ctx, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_file, file));
	addr = kunit_vm_mmap(test, file, 0, (PAGES - 1) << PAGE_SHIFT,
			     PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	for (i = 0; i < PAGES - 1; i++)
		KUNIT_EXPECT_EQ(test, page_to_pfn(ctx->ram) + 1 + i,
				user_pfn(addr + (i << PAGE_SHIFT)));
	/* Before the pages are freed. */
	vm_munmap(addr, (PAGES - 1) << PAGE_SHIFT);
}

static void expect_sgtable(struct kunit *test, struct device *dev, void *cpu_addr,
			   dma_addr_t dma_addr, phys_addr_t phys)
{
	struct sg_table sgt;

	KUNIT_ASSERT_EQ(test, 0,
			xen_swiotlb_dma_ops.get_sgtable(dev, &sgt, cpu_addr,
							dma_addr, PAGE_SIZE + 1,
							0));
	KUNIT_EXPECT_EQ(test, 1, sgt.nents);
	/* Not sg_phys(): a page of the pool has no struct page. */
	KUNIT_EXPECT_EQ(test, PHYS_PFN(phys), page_to_pfn(sg_page(sgt.sgl)));
	KUNIT_EXPECT_EQ(test, 0, sgt.sgl->offset);
	KUNIT_EXPECT_EQ(test, 2 * PAGE_SIZE, sgt.sgl->length);
	sg_free_table(&sgt);
}

static void get_sgtable(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	expect_sgtable(test, ctx->other, ctx->ram, ctx->ram_dma,
		       page_to_phys(ctx->ram));
}

/* The pool has no struct pages, and DMA addresses of its own. */
static void get_sgtable_of_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	dma_addr_t dma = ctx->nowhere + POOL_OFFSET;
	void *cpu_addr;

	need_arm(test);
	declare_pool(test);
	cpu_addr = memremap(ctx->nowhere, POOL_SIZE, MEMREMAP_WC);
	KUNIT_ASSERT_NOT_NULL(test, cpu_addr);
	expect_sgtable(test, ctx->owner, cpu_addr, dma, ctx->nowhere);
	memunmap(cpu_addr);
}

static struct kunit_case swiotlb_xen_cases[] = {
	KUNIT_CASE(in_pool),
	KUNIT_CASE_PARAM(maintain, maintain_gen_params),
	KUNIT_CASE(few_bytes_of_pool),
	KUNIT_CASE(pool_out_of_reach),
	KUNIT_CASE_PARAM(refuse, refuse_gen_params),
	KUNIT_CASE(unmap_mmio),
	KUNIT_CASE(mmap_pages),
	KUNIT_CASE(get_sgtable),
	KUNIT_CASE(get_sgtable_of_pool),
	{}
};

static struct kunit_suite swiotlb_xen_suite = {
	.name = "swiotlb_xen",
	.init = swiotlb_xen_init,
	.test_cases = swiotlb_xen_cases,
};

kunit_test_suite(swiotlb_xen_suite);

MODULE_DESCRIPTION("KUnit tests of Xen's swiotlb");
MODULE_LICENSE("GPL");
