// SPDX-License-Identifier: GPL-2.0
/*
 * Map memory on four CPUs while dom0's memory shrinks, grows and is hotplugged.  The
 * balloon driver hotplugs memory for grants if /proc/sys/xen/balloon/hotplug_unpopulated
 * is 1; it writes to memblock, which the mappings read without a lock.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <xen/balloon.h>
#include <xen/page.h>

#include "stress.h"

/* Sections to hotplug; KASAN needs an eighth of their size as a shadow, and KCSAN is slow. */
#define SECTIONS	(IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_KCSAN) ? 2 : 8)
#define SHRINK		(SZ_16M >> PAGE_SHIFT)
#define ROUNDS		(20000 / SLOW_DMA)
#define PAGES		16
#define WAIT		100	/* times of 100 ms */

/* Memory of one section, which is no RAM: frames of others are mapped there. */
struct section {
	struct page *pages[PAGES_PER_SECTION];
};

struct balloon {
	struct dma_stress dma;		/* first: stress_grants_at() needs it */
	struct section *sections[SECTIONS + 1];	/* dma.stress has left one in the balloon */
	unsigned int held, hotplugged, shrunk;
};

/* Allocate pages, map them, and free them: some were in the balloon before. */
static int map_local(struct dma_stress *s)
{
	struct page *pages[PAGES];
	u32 n, i, have;

	for (n = 0; stress_goes_on(s, n, ROUNDS); n++) {
		for (have = 0; have < PAGES; have++) {
			pages[have] = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
			if (!pages[have])
				break;
			stress_page(s, pages[have], page_to_phys(pages[have]));
		}
		for (i = 0; i < have; i++)
			__free_page(pages[i]);
		cond_resched();
	}
	return 0;
}

static int wait_for_target(unsigned long pages)
{
	u32 i;

	for (i = 0; i < WAIT && balloon_stats.current_pages != pages; i++)
		msleep(100);
	if (balloon_stats.current_pages == pages)
		return 0;
	note("the balloon has left %lu pages, wanted %lu", balloon_stats.current_pages, pages);
	return -EBUSY;
}

/* Give memory to Xen, and get it back. */
static int shrink_and_grow(struct balloon *b)
{
	unsigned long pages = balloon_stats.current_pages;
	int ret;

	balloon_set_new_target(pages - SHRINK);
	ret = wait_for_target(pages - SHRINK);
	balloon_set_new_target(pages);
	ret = ret ?: wait_for_target(pages);
	b->shrunk += !ret;
	return ret;
}

/* Take a section, which is hotplugged if the balloon has none, and map grants in it. */
static int hotplug(struct balloon *b)
{
	unsigned long had = balloon_stats.balloon_low + balloon_stats.balloon_high;
	unsigned long total = balloon_stats.total_pages;
	struct section *section = vzalloc(sizeof(*section));
	int ret;

	if (!section)
		return -ENOMEM;
	ret = xen_alloc_ballooned_pages(PAGES_PER_SECTION, section->pages);
	if (ret) {
		note("a section was not hotplugged: %d", ret);
		vfree(section);
		return ret;
	}
	b->sections[b->held++] = section;
	if (balloon_stats.total_pages != total) {
		b->hotplugged++;
	} else if (had < PAGES_PER_SECTION || b->held > 1) {
		note("no memory was hotplugged");
		return -ENOSPC;
	}
	return stress_grants_at(&b->dma, section->pages, 5);
}

static int balloon_thread(unsigned int number, void *arg)
{
	struct balloon *b = arg;
	int ret = 0;

	if (number < CPUS) {
		ret = map_local(&b->dma);
	} else {
		while (b->hotplugged < SECTIONS && !ret)
			ret = shrink_and_grow(b) ?: hotplug(b);
		/* The other threads end when they have had their rounds. */
		atomic_dec(&b->dma.left);
	}
	if (ret)
		atomic_set(&b->dma.left, INT_MIN / 2);
	return ret;
}

bool dma_balloon(void)
{
	struct balloon b = { .dma = { .dev = stress_device(), .left = ATOMIC_INIT(CPUS + 1) } };
	u32 i;
	int ret;

	if (!b.dma.dev)
		return false;
	ret = on_cpus(CPUS + 1, balloon_thread, &b, NULL);
	if (ret)
		note("the threads: %d", ret);
	for (i = 0; i < b.held; i++) {
		xen_free_ballooned_pages(PAGES_PER_SECTION, b.sections[i]->pages);
		vfree(b.sections[i]);
	}
	put_device(b.dma.dev);
	note("%u times shrunk and grown, %u sections hotplugged, %u grants mapped there, %d wrong",
	     b.shrunk, b.hotplugged, b.dma.granted, atomic_read(&b.dma.wrong));
	return !ret && !atomic_read(&b.dma.wrong);
}
