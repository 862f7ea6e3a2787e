// SPDX-License-Identifier: GPL-2.0
/*
 * The second domain.  It grants frames to dom0, waits until dom0 has written to
 * them, counts the wrong ones, and begins again.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "frames.h"

/* Pages between two granted frames: dom0 needs frames from all of the memory. */
#define BETWEEN		39

static struct page *pages[GRANTS_PAGES];

static u32 wrong(void)
{
	u32 i, n = 0;

	for (i = 0; i < GRANTS_PAGES; i++)
		n += !frame_is(page_address(pages[i]), i, DOM0);
	return n;
}

static int guest(void *unused)
{
	struct frame *first = page_address(pages[0]);
	u32 i;

	for (;;) {
		while (READ_ONCE(first->state) != STATE_WRITTEN)
			msleep(20);
		/* Read the state before the frames. */
		rmb();
		first->wrong = wrong();
		for (i = 0; i < GRANTS_PAGES; i++)
			frame_write(page_address(pages[i]), i, GUEST);
		/* Write the frames before the state. */
		wmb();
		WRITE_ONCE(first->state, STATE_READY);
	}
	return 0;
}

/* Grant frames with the first references of this domain, which dom0 knows. */
int guest_init(void)
{
	int i, j, ref, ret;

	for (i = 0; i < GRANTS_PAGES; i++) {
		for (j = 0; j < BETWEEN + 1; j++) {
			pages[i] = alloc_page(GFP_KERNEL);
			if (!pages[i])
				return -ENOMEM;
		}
		memset(page_address(pages[i]), 0, PAGE_SIZE);
		frame_write(page_address(pages[i]), i, GUEST);
		ref = gnttab_grant_foreign_access(0, xen_page_to_gfn(pages[i]), 0);
		if (ref < 0)
			return ref;
		if (ref != FIRST_REF + i) {
			pr_err("grant %d has reference %d\n", i, ref);
			return -EINVAL;
		}
	}
	ret = share_init();
	if (ret)
		return ret;
	__module_get(THIS_MODULE);
	return PTR_ERR_OR_ZERO(kthread_run(guest, NULL, "guest"));
}
