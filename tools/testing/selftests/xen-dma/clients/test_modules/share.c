// SPDX-License-Identifier: GPL-2.0
/*
 * The second domain: grant the frames of pictures to dom0, paint them, and look at
 * pictures that dom0 has granted.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "frames.h"
#include "share.h"

static struct share_orders *orders;
static struct page *buffers[SHARE_BUFFERS][SHARE_PAGES];

/* Frames of dom0. */
struct theirs {
	struct page *pages[SHARE_PAGES];
	struct gnttab_map_grant_ref map[SHARE_PAGES];
	struct gnttab_unmap_grant_ref unmap[SHARE_PAGES];
};

static u32 *pixel_at(struct page **pages, u32 x, u32 y)
{
	u32 offset = (y * WIDTH + x) * sizeof(u32);

	return page_address(pages[offset / PAGE_SIZE]) + offset % PAGE_SIZE;
}

static void paint(struct page **pages, u32 seed)
{
	u32 x, y;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			WRITE_ONCE(*pixel_at(pages, x, y), picture_pixel(x, y, seed));
}

static u32 wrong_pixels(struct page **pages, u32 seed)
{
	u32 x, y, n = 0;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			n += READ_ONCE(*pixel_at(pages, x, y)) != picture_pixel(x, y, seed);
	return n;
}

/* Map all frames of dom0, look at them, and unmap them. */
static int check_mapped(struct theirs *t)
{
	u32 i, mapped = 0;
	int ret, err;

	for (i = 0; i < SHARE_PAGES; i++)
		gnttab_set_map_op(&t->map[i], (unsigned long)page_address(t->pages[i]),
				  GNTMAP_host_map, orders->refs[i], 0);
	ret = gnttab_map_refs(t->map, NULL, t->pages, SHARE_PAGES);
	if (ret)
		return ret;
	for (i = 0; i < SHARE_PAGES; i++)
		mapped += t->map[i].status == GNTST_okay;
	if (mapped == SHARE_PAGES)
		orders->wrong = wrong_pixels(t->pages, orders->seed);
	else
		ret = -EACCES;
	for (i = 0; i < SHARE_PAGES; i++) {
		if (t->map[i].status != GNTST_okay)
			continue;
		gnttab_set_unmap_op(&t->unmap[i], (unsigned long)page_address(t->pages[i]),
				    GNTMAP_host_map, t->map[i].handle);
		err = gnttab_unmap_refs(&t->unmap[i], NULL, &t->pages[i], 1);
		if (err || t->unmap[i].status != GNTST_okay)
			ret = -EBUSY;
	}
	return ret;
}

static int check(void)
{
	struct theirs *t = vzalloc(sizeof(*t));
	int ret;

	if (!t)
		return -ENOMEM;
	ret = gnttab_alloc_pages(SHARE_PAGES, t->pages);
	if (!ret) {
		ret = check_mapped(t);
		/* Pages that could not be unmapped are lost. */
		if (ret != -EBUSY)
			gnttab_free_pages(SHARE_PAGES, t->pages);
	}
	vfree(t);
	return ret;
}

static int obey(void *unused)
{
	for (;;) {
		/* Read the order before its arguments. */
		while (virt_load_acquire(&orders->order) == SHARE_DONE)
			msleep(20);
		orders->status = 0;
		if (orders->order == SHARE_CHECK)
			orders->status = check();
		else if (orders->buffer < SHARE_BUFFERS)
			paint(buffers[orders->buffer], orders->seed);
		/* Write the results before the order is done. */
		virt_store_release(&orders->order, SHARE_DONE);
	}
	return 0;
}

static int grant_page(struct page *page, int want)
{
	int ref = gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 0);

	if (ref < 0 || ref == want)
		return min(ref, 0);
	pr_err("grant %d has reference %d\n", want, ref);
	return -EINVAL;
}

/*
 * Grant all frames; those of a scattered picture descend, each by more than a page.
 * Nothing is freed after an error: the domain is of no use then.
 */
int share_init(void)
{
	char *piece = alloc_pages_exact(SHARE_BYTES, GFP_KERNEL | __GFP_ZERO);
	char *others = alloc_pages_exact(2 * SHARE_BYTES, GFP_KERNEL | __GFP_ZERO);
	u32 b, i;
	int ret;

	orders = (void *)get_zeroed_page(GFP_KERNEL);
	if (!piece || !others || !orders)
		return -ENOMEM;
	ret = grant_page(virt_to_page(orders), SHARE_REF_ORDERS);
	for (i = 0; i < SHARE_PAGES; i++) {
		buffers[SHARE_ONE_PIECE][i] = virt_to_page(piece + i * PAGE_SIZE);
		buffers[SHARE_SCATTERED][SHARE_PAGES - 1 - i] =
			virt_to_page(others + 2 * i * PAGE_SIZE);
	}
	for (b = 0; b < SHARE_BUFFERS && !ret; b++)
		for (i = 0; i < SHARE_PAGES && !ret; i++)
			ret = grant_page(buffers[b][i], SHARE_REF(b, i));
	return ret ?: PTR_ERR_OR_ZERO(kthread_run(obey, NULL, "share"));
}
