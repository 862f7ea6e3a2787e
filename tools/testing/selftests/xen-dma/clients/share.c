// SPDX-License-Identifier: GPL-2.0
/*
 * Pictures without a copy.  gntdev makes a dma-buf of frames that a second domain
 * has granted, and a display of dom0 shows it; or it grants the frames of a dma-buf
 * of dom0, and that domain looks at them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* From Xen's headers, which gntdev.h relies on. */
typedef uint32_t grant_ref_t;
typedef uint16_t domid_t;
#include <xen/gntdev.h>

#include "file.h"
#include "../buffer.h"
#include "../outcome.h"
#include "display.h"
#include "drm.h"
#include "runner.h"
#include "share.h"
#include "test_modules/share.h"

#define GNTDEV		"/dev/xen/gntdev"
#define START_TRIES	300	/* of 200 ms each: the domain boots meanwhile */
#define ORDER_TRIES	3000	/* of 20 ms each */
#define SMALL		16	/* pages: less than the largest bounce buffer */
#define ORDERS		12	/* of pages, in which their frames are mapped */
#define ROUNDS		1000
#define ROUNDS_LEAK	4096	/* KiB; one leak of all rounds has 16 times more */

/* Return room for an argument of gntdev, of @size bytes and the references of a picture. */
static void *argument(size_t size)
{
	void *p = calloc(1, size + SHARE_PAGES * sizeof(uint32_t));

	if (!p)
		fail("no memory");
	return p;
}

static struct share_orders *orders_map(int gntdev)
{
	struct ioctl_gntdev_map_grant_ref map = {
		.count = 1,
		.refs = { { .domid = SHARE_DOMID, .ref = SHARE_REF_ORDERS } },
	};
	unsigned int tries;
	void *p;

	file_call(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map, "IOCTL_GNTDEV_MAP_GRANT_REF");
	for (tries = 0; tries < START_TRIES; tries++) {
		p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, map.index);
		if (p != MAP_FAILED)
			return p;
		usleep(200000);
	}
	fail("mapping the orders of the domain: %s", strerror(errno));
}

/* Order something of the domain; its arguments are in place, its results are then. */
static void order(struct share_orders *o, enum share_order order)
{
	unsigned int tries;

	__atomic_store_n(&o->order, order, __ATOMIC_RELEASE);
	for (tries = 0; tries < ORDER_TRIES; tries++) {
		if (__atomic_load_n(&o->order, __ATOMIC_ACQUIRE) == SHARE_DONE)
			return;
		usleep(20000);
	}
	fail("the domain does not answer");
}

static void paint_there(enum share_buffer buffer, unsigned int seed)
{
	int gntdev = file_open(GNTDEV, O_RDWR);
	struct share_orders *o = orders_map(gntdev);

	o->buffer = buffer;
	o->seed = seed;
	order(o, SHARE_PAINT);
	munmap(o, PAGE);
	close(gntdev);
}

/* Return a dma-buf of the first @pages pages of a buffer of the domain. */
static int export(int gntdev, enum share_buffer buffer, unsigned int pages)
{
	struct ioctl_gntdev_dmabuf_exp_from_refs *e = argument(sizeof(*e));
	unsigned int i;
	int fd;

	e->count = pages;
	e->domid = SHARE_DOMID;
	for (i = 0; i < pages; i++)
		e->refs[i] = SHARE_REF(buffer, i);
	file_call(gntdev, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, e, "EXP_FROM_REFS");
	fd = e->fd;
	free(e);
	return fd;
}

static void wait_for_release(int gntdev, int dmabuf)
{
	struct ioctl_gntdev_dmabuf_exp_wait_released w = { .fd = dmabuf, .wait_to_ms = 5000 };

	if (ioctl(gntdev, IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED, &w) && errno != ENOENT)
		fail("the dma-buf is not released: %s", strerror(errno));
}

/* Import a dma-buf; return 0 or an error number. */
static int import(const char *card, int dmabuf)
{
	struct drm_prime_handle h = { .fd = dmabuf };
	int fd = card_open(card);
	struct dumb d = { .fd = fd };
	int error = ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &h) ? errno : 0;

	if (!error) {
		d.handle = h.handle;
		dumb_close(&d);
	}
	close(fd);
	return error;
}

/* Show the domain's picture; then the domain paints another, into the same frames. */
static void shown(const void *arg)
{
	const struct display *s = &displays[1];
	int gntdev = file_open(GNTDEV, O_RDWR), dmabuf;
	struct dumb d;

	paint_there(SHARE_ONE_PIECE, 1);
	dmabuf = export(gntdev, SHARE_ONE_PIECE, SHARE_PAGES);
	d = dumb_import(card_open(s->name), dmabuf);
	show(&d);
	ask_for_picture("of_guest", s->name, &d, 1);
	paint_there(SHARE_ONE_PIECE, 6);
	ask_for_picture("of_guest_again", s->name, &d, 6);
}

/*
 * Import frames that are not one piece of machine memory: a display that needs one
 * must refuse them.  gntdev takes pages from a list, and gives them back in the other
 * order, so that their PFNs ascend in one of two rounds.  Some pages are held, because
 * those at the begin of the list may not be neighbours.
 */
static void import_scattered(unsigned int display, unsigned int pages)
{
	const char *card = displays[display].name;
	int gntdev = file_open(GNTDEV, O_RDWR), dmabuf, error, held = -1;
	unsigned int round;

	for (round = 0; round < ORDERS; round++) {
		if (round && !(round % 2)) {
			close(held);
			held = export(gntdev, SHARE_ONE_PIECE, round * 3);
		}
		dmabuf = export(gntdev, SHARE_SCATTERED, pages);
		error = import(card, dmabuf);
		close(dmabuf);
		wait_for_release(gntdev, dmabuf);
		if (!error)
			fail("%s imports scattered frames, and reads other memory", card);
		if (error != EINVAL)
			fail("importing scattered frames: %s, wanted %s", strerror(error),
			     strerror(EINVAL));
	}
}

static void imported(const void *arg)
{
	const struct display *s = arg;
	int gntdev = file_open(GNTDEV, O_RDWR);
	int error = import(s->name, export(gntdev, SHARE_ONE_PIECE, SHARE_PAGES));

	if (error)
		fail("importing frames in one piece: %s", strerror(error));
}

static void scattered(const void *arg)
{
	const struct display *s = arg;

	import_scattered(s - displays, SHARE_PAGES);
}

static void scattered_small(const void *arg)
{
	const struct display *s = arg;

	import_scattered(s - displays, SMALL);
}

static long free_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[80];
	long kib;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &kib) == 1) {
			fclose(f);
			return kib;
		}
	fail("/proc/meminfo has no MemFree");
}

static void no_leak(const void *arg)
{
	int gntdev = file_open(GNTDEV, O_RDWR), dmabuf, error;
	long before = 0, lost;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		if (i == ROUNDS / 10)
			before = free_kib();
		dmabuf = export(gntdev, SHARE_ONE_PIECE, SMALL);
		error = import(displays[1].name, dmabuf);
		if (error)
			fail("round %u: %s", i, strerror(error));
		close(dmabuf);
		wait_for_release(gntdev, dmabuf);
	}
	lost = before - free_kib();
	if (lost > ROUNDS_LEAK)
		fail("%ld KiB less are free after %u rounds", lost, ROUNDS);
}

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

void share_while(void (*destroy)(void))
{
	const struct display *s = &displays[1];
	int gntdev = file_open(GNTDEV, O_RDWR);
	struct dumb d;

	paint_there(SHARE_ONE_PIECE, 3);
	d = dumb_import(card_open(s->name), export(gntdev, SHARE_ONE_PIECE, SHARE_PAGES));
	show(&d);
	destroy();
	ask_for_picture("of_dead_guest", s->name, &d, 3);
	dumb_close(&d);
}

void share_add(void)
{
	static const struct {
		const char *name;
		void (*fn)(const void *arg);
	} imports[] = {
		{ "one_piece", imported },
		{ "scattered", scattered },
		{ "scattered_small", scattered_small },
	};
	unsigned int i, j;

	test_add("share", "picture", shown, NULL);
	for (i = 1; i < 3; i++)
		for (j = 0; j < COUNT(imports); j++)
			test_add(i == 1 ? "share_plain" : "share_rockchip", imports[j].name,
				 imports[j].fn, &displays[i]);
	test_add("share", "no_leak", no_leak, NULL);
	test_add("give_pool", "refused", given_pool, &displays[0]);
	test_add("give_plain", "picture", given, &displays[1]);
	test_add("give_rockchip", "picture", given, &displays[2]);
}
