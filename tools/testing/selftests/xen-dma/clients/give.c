// SPDX-License-Identifier: GPL-2.0
/*
 * Pictures without a copy: gntdev grants the frames of a dma-buf of dom0, and a second
 * domain looks at them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "../outcome.h"
#include "display.h"
#include "drm.h"
#include "orders.h"
#include "runner.h"
#include "share.h"

/* Grant the frames of dom0's buffer; return the domain's orders, with the result. */
static struct share_orders *give(const struct display *s, unsigned int seed)
{
	struct ioctl_gntdev_dmabuf_imp_to_refs *refs = argument(sizeof(*refs));
	struct ioctl_gntdev_dmabuf_imp_release release = { 0 };
	int gntdev = file_open(GNTDEV, O_RDWR);
	struct share_orders *o = orders_map(gntdev);
	struct dumb d = dumb_get(card_open(s->name));
	uint8_t *p = dumb_map(&d);

	if (d.size != SHARE_BYTES)
		fail("the buffer has %zu bytes, wanted %u", d.size, SHARE_BYTES);
	paint(p, &d, seed);
	refs->count = SHARE_PAGES;
	refs->domid = SHARE_DOMID;
	release.fd = dmabuf_of(&d);
	refs->fd = release.fd;
	file_call(gntdev, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, refs, "IMP_TO_REFS");
	memcpy(o->refs, refs->refs, sizeof(o->refs));
	free(refs);
	o->seed = seed;
	o->wrong = -1;
	order(o, SHARE_CHECK);
	file_call(gntdev, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &release, "IMP_RELEASE");
	return o;
}

/* The domain looks at dom0's buffer. */
static void given(const void *arg)
{
	const struct display *s = arg;
	struct share_orders *o = give(s, s->seed);

	if (o->status)
		fail("the domain cannot map the buffer: %s", strerror(-o->status));
	if (o->wrong)
		fail("the domain sees %u of %u pixels wrong", o->wrong, WIDTH * HEIGHT);
}

/* A pool that belongs to no domain: Xen must refuse its frames to the other one. */
static void given_pool(const void *arg)
{
	struct share_orders *o = give(arg, 0);

	if (o->status != -EACCES)
		fail("mapping the buffer: %s, wanted %s", strerror(-o->status),
		     strerror(EACCES));
}

void give_add(void)
{
	test_add("give_pool", "refused", given_pool, &displays[DISPLAY_POOL]);
	test_add("give_dynamic", "picture", given, &displays[DISPLAY_DYNAMIC]);
	test_add("give_plain", "picture", given, &displays[DISPLAY_PLAIN]);
	test_add("give_rockchip", "picture", given, &displays[DISPLAY_COOKIE]);
}
