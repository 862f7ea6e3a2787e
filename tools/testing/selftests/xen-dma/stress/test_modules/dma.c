// SPDX-License-Identifier: GPL-2.0
/* Map and unmap memory of dom0 on four CPUs, for a device that is not coherent. */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "stress.h"

/* A device of test_modules/, without a pool. */
#define DEVICE		"xen-dma-test-plain"
#define PAGES		16
#define ROUNDS		(200000 / SLOW_DMA)

#define ENTRIES		10000
#define PAIRS		(100000 / SLOW_DMA)	/* of each thread */
#define TIMES		5

static void check(struct dma_stress *s, dma_addr_t dma, phys_addr_t frame)
{
	if (dma != frame && atomic_inc_return(&s->wrong) == 1)
		note("DMA address %pad of frame %pap", &dma, &frame);
}

void stress_page(struct dma_stress *s, struct page *page, phys_addr_t frame)
{
	dma_addr_t dma = dma_map_page(s->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);

	check(s, dma, frame);
	if (!dma_mapping_error(s->dev, dma))
		dma_unmap_page(s->dev, dma, PAGE_SIZE, DMA_TO_DEVICE);
}

static void stress_sg(struct dma_stress *s, struct scatterlist *sgl)
{
	struct scatterlist *sg;
	int n = dma_map_sg(s->dev, sgl, PAGES, DMA_FROM_DEVICE), i;

	if (n != PAGES) {
		if (atomic_inc_return(&s->wrong) == 1)
			note("dma_map_sg() of %d pages maps %d", PAGES, n);
		return;
	}
	for_each_sg(sgl, sg, PAGES, i)
		check(s, sg_dma_address(sg), sg_phys(sg));
	dma_unmap_sg(s->dev, sgl, PAGES, DMA_FROM_DEVICE);
}

/* Allocate the pages of one CPU; they are not contiguous. */
static int pages_get(struct scatterlist *sgl)
{
	u32 i;

	sg_init_table(sgl, PAGES);
	for (i = 0; i < PAGES; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		sg_set_page(&sgl[i], page, PAGE_SIZE, 0);
	}
	return 0;
}

static void pages_put(struct scatterlist *sgl)
{
	u32 i;

	for (i = 0; i < PAGES && sg_page(&sgl[i]); i++)
		__free_page(sg_page(&sgl[i]));
}

static int stress_local(struct dma_stress *s)
{
	struct scatterlist *sgl = kcalloc(PAGES, sizeof(*sgl), GFP_KERNEL);
	int ret = sgl ? pages_get(sgl) : -ENOMEM;
	u32 n;

	for (n = 0; !ret && stress_goes_on(s, n, ROUNDS); n++) {
		struct page *page = sg_page(&sgl[n % PAGES]);

		stress_page(s, page, page_to_phys(page));
		if (n % PAGES == 0)
			stress_sg(s, sgl);
		cond_resched();
	}
	if (sgl)
		pages_put(sgl);
	kfree(sgl);
	return ret;
}

/*
 * Map local memory on each CPU; one more thread maps grants.  All of them go on until
 * each has had its rounds.
 */
static int stress_thread(unsigned int number, void *arg)
{
	int ret = number < CPUS ? stress_local(arg) : stress_grants(arg);
	struct dma_stress *s = arg;

	/* Nobody waits for the rounds of a thread that has failed. */
	if (ret)
		atomic_set(&s->left, INT_MIN / 2);
	return ret;
}

struct device *stress_device(void)
{
	struct device *dev = bus_find_device_by_name(&platform_bus_type, NULL, DEVICE);

	if (!dev)
		note("there is no device " DEVICE);
	return dev;
}

bool dma_stress(void)
{
	struct dma_stress s = { .dev = stress_device(), .left = ATOMIC_INIT(CPUS + 1) };
	int ret;

	if (!s.dev)
		return false;
	ret = on_cpus(CPUS + 1, stress_thread, &s, NULL);
	put_device(s.dev);
	if (ret)
		note("the threads: %d", ret);
	note("%u mappings of each CPU or more, %u of grants, %d wrong", ROUNDS, s.granted,
	     atomic_read(&s.wrong));
	return !ret && !atomic_read(&s.wrong);
}

static int map_pairs(unsigned int number, void *arg)
{
	struct page *page = alloc_page(GFP_KERNEL);
	u32 i;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < PAIRS; i++) {
		stress_page(arg, page, page_to_phys(page));
		cond_resched();
	}
	__free_page(page);
	return 0;
}

static int measure(struct dma_stress *s, u32 entries, u32 threads)
{
	ktime_t took;
	int ret = on_cpus(threads, map_pairs, s, &took);

	if (ret)
		note("the threads: %d", ret);
	else
		note("throughput with %u entries, %u threads: %u pairs in %lld ns", entries,
		     threads, threads * PAIRS, ktime_to_ns(took));
	return ret;
}

static bool insert_entries(void)
{
	u32 i;

	for (i = 0; i < ENTRIES; i++)
		if (!__set_phys_to_machine(FIRST_PFN + 2 * i, FIRST_PFN + 2 * i + 1))
			return false;
	return true;
}

static void remove_entries(void)
{
	u32 i;

	for (i = 0; i < ENTRIES; i++)
		__set_phys_to_machine(FIRST_PFN + 2 * i, INVALID_P2M_ENTRY);
}

bool dma_throughput(void)
{
	struct dma_stress s = { .dev = stress_device() };
	bool passes = s.dev;
	u32 i;

	for (i = 0; i < TIMES && passes; i++) {
		passes = !measure(&s, 0, 1) && !measure(&s, 0, CPUS) && insert_entries() &&
			 !measure(&s, ENTRIES, 1) && !measure(&s, ENTRIES, CPUS);
		remove_entries();
	}
	put_device(s.dev);
	return passes && !atomic_read(&s.wrong);
}
