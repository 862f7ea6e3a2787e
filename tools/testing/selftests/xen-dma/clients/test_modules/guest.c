// SPDX-License-Identifier: GPL-2.0
/*
 * The second domain: it grants dom0 some frames, waits until dom0 has written to
 * them, says what is wrong with that, and begins anew.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "frames.h"

/* So many others lie between two frames: dom0 wants some of everywhere. */
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
		/* What was written before the state. */
		rmb();
		first->wrong = wrong();
		for (i = 0; i < GRANTS_PAGES; i++)
			frame_write(page_address(pages[i]), i, GUEST);
		/* ... and the other way. */
		wmb();
		WRITE_ONCE(first->state, STATE_READY);
	}
	return 0;
}

/* The first references that this domain has, in their order: dom0 knows which. */
int guest_init(void)
{
	int i, j, ref;

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
	__module_get(THIS_MODULE);
	return PTR_ERR_OR_ZERO(kthread_run(guest, NULL, "guest"));
}
