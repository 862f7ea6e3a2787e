// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of Xen's swiotlb: who maintains the caches of which memory, what
 * may be bounced, and which pages a DMA buffer is made of.
 *
 * The DMA operations are called directly, for devices that do not exist, and
 * what is left to Xen is counted in its place.  So they run without Xen.
 */

#include <kunit/device.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/dma-map-ops.h>
#include <linux/file.h>
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

/*
 * owner	the device that a pool is declared for
 * other	a device without one
 * nowhere	physical address of 1 GiB where nothing is; the pool is at its
 *		beginning.  Nothing there is ever accessed.
 * ram		a buffer, and its DMA address
 * for_device, for_cpu	how often Xen is asked
 */
struct swiotlb_xen_kunit {
	struct device *owner, *other;
	u64 mask;
	phys_addr_t nowhere;
	struct page *ram;
	dma_addr_t ram_dma;
	struct dev_pagemap pgmap;
	unsigned int for_device, for_cpu;
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
static void count_what_xen_is_asked(struct kunit *test)
{
}
#else
static void count_for_device(struct device *dev, dma_addr_t handle, size_t size,
			     enum dma_data_direction dir)
{
	struct swiotlb_xen_kunit *ctx = kunit_get_current_test()->priv;

	ctx->for_device++;
}

static void count_for_cpu(struct device *dev, dma_addr_t handle, size_t size,
			  enum dma_data_direction dir)
{
	struct swiotlb_xen_kunit *ctx = kunit_get_current_test()->priv;

	ctx->for_cpu++;
}

static void count_what_xen_is_asked(struct kunit *test)
{
	kunit_activate_static_stub(test, xen_dma_sync_for_device,
				   count_for_device);
	kunit_activate_static_stub(test, xen_dma_sync_for_cpu, count_for_cpu);
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
		kunit_skip(test, "everything is bounced");

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
	count_what_xen_is_asked(test);
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
		kunit_skip(test, "x86 is coherent, and has all memory mapped");
}

static void declare_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	if (!IS_ENABLED(CONFIG_DMA_DECLARE_COHERENT))
		kunit_skip(test, "no private pools are configured");
	need_local_addresses(test);
	KUNIT_ASSERT_EQ(test, 0,
			dma_declare_coherent_memory(ctx->owner, ctx->nowhere,
						    ctx->nowhere, POOL_SIZE));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, release_pool,
							   ctx->owner));
}

static void in_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	phys_addr_t pool = ctx->nowhere;

	declare_pool(test);
	KUNIT_EXPECT_TRUE(test, dma_in_dev_coherent(ctx->owner, pool, POOL_SIZE));
	KUNIT_EXPECT_TRUE(test, dma_in_dev_coherent(ctx->owner, pool, 1));
	KUNIT_EXPECT_TRUE(test, dma_in_dev_coherent(ctx->owner, pool + 1,
						    POOL_SIZE - 1));
	KUNIT_EXPECT_TRUE(test, dma_in_dev_coherent(ctx->owner,
						    pool + POOL_SIZE - 1, 1));
}

static void not_in_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	phys_addr_t pool = ctx->nowhere;

	declare_pool(test);
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->other, pool, 1));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner, pool - 1, 2));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner, pool,
						     POOL_SIZE + 1));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner, pool + 1,
						     POOL_SIZE));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner,
						     pool + POOL_SIZE, 1));
	KUNIT_EXPECT_FALSE(test, dma_in_dev_coherent(ctx->owner, pool + 1,
						     SIZE_MAX));
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

/*
 * As Xen's unpopulated-alloc.c makes them, to map grants to.  They raise max_pfn
 * for good, as memory does that is plugged in and out again.
 */
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
		/* What default_swiotlb_base() returns, and then keeps from growing. */
		return ctx->other->dma_io_tlb_mem->defpool.start;
	}
	return page_to_phys(ctx->ram);
}

static const struct {
	const char *name;
	enum where where;
	phys_addr_t offset;
	size_t size;
	bool owner;
	enum xen_swiotlb_sync by;
} syncs[] = {
	{ "memory", RAM, 0, PAGE_SIZE, false, XEN_SWIOTLB_SYNC_CPU },
	{ "memory, for a device with a pool", RAM, 0, PAGE_SIZE, true, XEN_SWIOTLB_SYNC_CPU },
	{ "bounce buffer", BOUNCE_BUFFER, 0, PAGE_SIZE, false, XEN_SWIOTLB_SYNC_CPU },
	{ "own pool", POOL, 0, POOL_SIZE, true, XEN_SWIOTLB_SYNC_NOBODY },
	{ "another's pool", POOL, 0, POOL_SIZE, false, XEN_SWIOTLB_SYNC_XEN },
	{ "no memory", NOWHERE, 0, PAGE_SIZE, false, XEN_SWIOTLB_SYNC_XEN },
	{ "hole with struct pages", HOLE, 0, PAGE_SIZE, false, XEN_SWIOTLB_SYNC_XEN },
	{ "page to map a grant to", DEVICE_PAGE, 0, PAGE_SIZE, false, XEN_SWIOTLB_SYNC_XEN },
	{ "leaves its pool", POOL, 1, POOL_SIZE, true, XEN_SWIOTLB_SYNC_REFUSED },
	{ "leaves another's pool", POOL, 1, POOL_SIZE, false, XEN_SWIOTLB_SYNC_XEN },
	{ "wraps", NOWHERE, 1, SIZE_MAX, false, XEN_SWIOTLB_SYNC_REFUSED },
	{ "wraps, in its pool", POOL, 1, SIZE_MAX, true, XEN_SWIOTLB_SYNC_REFUSED },
};

KUNIT_ARRAY_PARAM_DESC(sync_by, syncs, name);

static void sync_by(struct kunit *test)
{
#ifdef CONFIG_X86
	need_arm(test);
#else
	const typeof(syncs[0]) *row = test->param_value;
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct device *dev = row->owner ? ctx->owner : ctx->other;
	phys_addr_t phys;

	if (row->size == SIZE_MAX && sizeof(phys) > sizeof(size_t))
		kunit_skip(test, "no size wraps here");
	phys = address_of(test, row->where) + row->offset;
	KUNIT_EXPECT_EQ(test, row->by,
			xen_swiotlb_kunit_sync_by(dev, phys, phys, row->size));
#endif
}

static const struct {
	const char *name;
	enum where where;
	bool copied;
} copies[] = {
	{ "memory", RAM, true },
	{ "page to map a grant to", DEVICE_PAGE, true },
	{ "pool", POOL, false },
	{ "no memory", NOWHERE, false },
	{ "hole with struct pages", HOLE, false },
};

KUNIT_ARRAY_PARAM_DESC(can_copy, copies, name);

static void can_copy(struct kunit *test)
{
	const typeof(copies[0]) *row = test->param_value;
	phys_addr_t phys;

	need_arm(test);
	phys = address_of(test, row->where);
	KUNIT_EXPECT_EQ(test, row->copied, xen_swiotlb_can_copy(phys, PAGE_SIZE));
}

static void can_copy_to_its_end(struct kunit *test)
{
#ifdef CONFIG_X86
	need_arm(test);
#else
	struct swiotlb_xen_kunit *ctx = test->priv;
	phys_addr_t last = page_to_phys(ctx->ram), end;
	size_t step;

	for (step = SZ_128M; step >= PAGE_SIZE; step /= 2)
		while (memblock_is_map_memory(last + step))
			last += step;
	end = last + PAGE_SIZE;
	if (pfn_valid(PHYS_PFN(end)) &&
	    is_zone_device_page(pfn_to_page(PHYS_PFN(end))))
		kunit_skip(test, "device pages follow the memory");
	KUNIT_EXPECT_TRUE(test, xen_swiotlb_can_copy(end - 2, 2));
	KUNIT_EXPECT_FALSE(test, xen_swiotlb_can_copy(end - 1, 2));
#endif
}

/* What user space asks to map, and what came of it. */
struct mapping {
	struct device *dev;
	void *cpu_addr;
	dma_addr_t dma_addr;
	size_t size;
	int ret;
};

static int mapping_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mapping *m = file->private_data;

	m->ret = xen_swiotlb_dma_ops.mmap(m->dev, vma, m->cpu_addr, m->dma_addr,
					  m->size, 0);
	return m->ret;
}

static const struct file_operations mapping_fops = {
	.mmap = mapping_mmap,
};

/* Returns the user address, or an error as one. */
static unsigned long map_to_user(struct kunit *test, struct mapping *m,
				 unsigned long first, unsigned long count)
{
	struct file *file;

	/* Xen wants the page table of an mm pinned, and kunit_attach_mm() does not. */
	if (xen_pv_domain())
		kunit_skip(test, "a PV domain has no user mappings here");
	file = anon_inode_getfile("swiotlb_xen", &mapping_fops, m, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_file, file));
	return kunit_vm_mmap(test, file, 0, count << PAGE_SHIFT,
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     first << PAGE_SHIFT);
}

/* The CPU address is what DMA_ATTR_NO_KERNEL_MAPPING gives: a struct page. */
static struct mapping *new_mapping(struct kunit *test, size_t size)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct mapping *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->dev = ctx->other;
	m->cpu_addr = ctx->ram;
	m->dma_addr = ctx->ram_dma;
	m->size = size;
	m->ret = -EINPROGRESS;
	return m;
}

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
	struct mapping *m = new_mapping(test, PAGES << PAGE_SHIFT);
	unsigned long addr, i;

	addr = map_to_user(test, m, 1, PAGES - 1);
	KUNIT_ASSERT_EQ(test, 0, m->ret);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	for (i = 0; i < PAGES - 1; i++)
		KUNIT_EXPECT_EQ(test, page_to_pfn(ctx->ram) + 1 + i,
				user_pfn(addr + (i << PAGE_SHIFT)));
	/* Before the pages are freed. */
	vm_munmap(addr, (PAGES - 1) << PAGE_SHIFT);
}

static const struct {
	const char *name;
	unsigned long first, count;
	size_t size;
	int ret;
} bounds[] = {
	{ "all of it", 0, 4, 4 * PAGE_SIZE, 0 },
	{ "the end of it", 1, 3, 4 * PAGE_SIZE, 0 },
	{ "all of a part of a page", 0, 4, 3 * PAGE_SIZE + 1, 0 },
	{ "more than there is", 0, 4, 3 * PAGE_SIZE, -ENXIO },
	{ "beyond the end", 1, 4, 4 * PAGE_SIZE, -ENXIO },
	{ "behind the end", 4, 1, 4 * PAGE_SIZE, -ENXIO },
	{ "far behind the end", 1 << 18, 1, 4 * PAGE_SIZE, -ENXIO },
};

KUNIT_ARRAY_PARAM_DESC(mmap_bounds, bounds, name);

static void mmap_bounds(struct kunit *test)
{
	const typeof(bounds[0]) *row = test->param_value;
	struct mapping *m = new_mapping(test, row->size);
	unsigned long addr;

	addr = map_to_user(test, m, row->first, row->count);
	KUNIT_EXPECT_EQ(test, row->ret, m->ret);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, row->count << PAGE_SHIFT);
}

static void get_sgtable(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct sg_table sgt;

	KUNIT_ASSERT_EQ(test, 0,
			xen_swiotlb_dma_ops.get_sgtable(ctx->other, &sgt, ctx->ram,
							ctx->ram_dma,
							PAGE_SIZE + 1, 0));
	KUNIT_EXPECT_EQ(test, 1, sgt.nents);
	KUNIT_EXPECT_PTR_EQ(test, ctx->ram, sg_page(sgt.sgl));
	KUNIT_EXPECT_EQ(test, 2 * PAGE_SIZE, sgt.sgl->length);
	sg_free_table(&sgt);
}

static void get_sgtable_of_no_pages(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;
	struct sg_table sgt;
	int ret;

	need_local_addresses(test);
	ret = xen_swiotlb_dma_ops.get_sgtable(ctx->other, &sgt, ctx->ram,
					      ctx->nowhere, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, -ENXIO, ret);
	if (!ret)
		sg_free_table(&sgt);
}

static void expect_asked(struct kunit *test, unsigned int for_device,
			 unsigned int for_cpu)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, for_device, ctx->for_device);
	KUNIT_EXPECT_EQ(test, for_cpu, ctx->for_cpu);
}

/* Map, sync to and fro, unmap; times is how often Xen is asked by each of them. */
static void map_and_sync(struct kunit *test, struct device *dev, phys_addr_t phys,
			 size_t size, unsigned int times)
{
	const struct dma_map_ops *ops = &xen_swiotlb_dma_ops;
	dma_addr_t dma;

	dma = ops->map_phys(dev, phys, size, DMA_BIDIRECTIONAL, 0);
	KUNIT_ASSERT_EQ(test, (dma_addr_t)phys, dma);
	expect_asked(test, times, 0);
	ops->sync_single_for_cpu(dev, dma, size, DMA_BIDIRECTIONAL);
	expect_asked(test, times, times);
	ops->sync_single_for_device(dev, dma, size, DMA_BIDIRECTIONAL);
	expect_asked(test, 2 * times, times);
	ops->unmap_phys(dev, dma, size, DMA_BIDIRECTIONAL, 0);
	expect_asked(test, 2 * times, 2 * times);
}

static void map_memory(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	map_and_sync(test, ctx->other, page_to_phys(ctx->ram),
		     PAGES << PAGE_SHIFT, 0);
}

static void map_own_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	declare_pool(test);
	map_and_sync(test, ctx->owner, ctx->nowhere, POOL_SIZE, 0);
}

static void map_pool_of_another(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	declare_pool(test);
	map_and_sync(test, ctx->other, ctx->nowhere, POOL_SIZE, 1);
}

/* What is not counted reaches Xen, and comes back. */
static void ask_xen(struct kunit *test)
{
#ifdef CONFIG_X86
	need_arm(test);
#else
	struct swiotlb_xen_kunit *ctx = test->priv;

	if (!xen_domain())
		kunit_skip(test, "there is no Xen to ask");
	kunit_deactivate_static_stub(test, xen_dma_sync_for_device);
	kunit_deactivate_static_stub(test, xen_dma_sync_for_cpu);
	xen_dma_sync_for_device(ctx->other, ctx->ram_dma, PAGES << PAGE_SHIFT,
				DMA_BIDIRECTIONAL);
	xen_dma_sync_for_cpu(ctx->other, ctx->ram_dma, PAGES << PAGE_SHIFT,
			     DMA_BIDIRECTIONAL);
	expect_asked(test, 0, 0);
#endif
}

static void map_leaves_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	declare_pool(test);
	KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
			xen_swiotlb_dma_ops.map_phys(ctx->owner, ctx->nowhere + 1,
						     POOL_SIZE, DMA_TO_DEVICE,
						     0));
}

static void map_never_bounces_pool(struct kunit *test)
{
	struct swiotlb_xen_kunit *ctx = test->priv;

	need_arm(test);
	declare_pool(test);
	if (!is_swiotlb_active(ctx->other))
		kunit_skip(test, "there are no bounce buffers");
	ctx->mask = ctx->nowhere - 1;
	KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
			xen_swiotlb_dma_ops.map_phys(ctx->other, ctx->nowhere,
						     PAGE_SIZE, DMA_TO_DEVICE,
						     0));
}

static void unmap_mmio(struct kunit *test)
{
	const struct dma_map_ops *ops = &xen_swiotlb_dma_ops;
	struct swiotlb_xen_kunit *ctx = test->priv;
	dma_addr_t dma;

	dma = ops->map_phys(ctx->other, ctx->nowhere, PAGE_SIZE,
			    DMA_BIDIRECTIONAL, DMA_ATTR_MMIO);
	KUNIT_ASSERT_EQ(test, (dma_addr_t)ctx->nowhere, dma);
	ops->unmap_phys(ctx->other, dma, PAGE_SIZE, DMA_BIDIRECTIONAL,
			DMA_ATTR_MMIO);
	expect_asked(test, 0, 0);
}

static struct kunit_case swiotlb_xen_cases[] = {
	KUNIT_CASE(in_pool),
	KUNIT_CASE(not_in_pool),
	KUNIT_CASE_PARAM(sync_by, sync_by_gen_params),
	KUNIT_CASE_PARAM(can_copy, can_copy_gen_params),
	KUNIT_CASE(can_copy_to_its_end),
	KUNIT_CASE(mmap_pages),
	KUNIT_CASE_PARAM(mmap_bounds, mmap_bounds_gen_params),
	KUNIT_CASE(get_sgtable),
	KUNIT_CASE(get_sgtable_of_no_pages),
	KUNIT_CASE(map_memory),
	KUNIT_CASE(map_own_pool),
	KUNIT_CASE(map_pool_of_another),
	KUNIT_CASE(ask_xen),
	KUNIT_CASE(map_leaves_pool),
	KUNIT_CASE(map_never_bounces_pool),
	KUNIT_CASE(unmap_mmio),
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
