// SPDX-License-Identifier: GPL-2.0
/*
 * Pictures without a copy: gntdev makes a dma-buf of frames that a second domain has
 * granted, and a display of dom0 shows it.
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

#include "file.h"
#include "../buffer.h"
#include "../outcome.h"
#include "display.h"
#include "drm.h"
#include "runner.h"
#include "orders.h"
#include "share.h"

#define SMALL		16	/* pages: less than the largest bounce buffer */
#define ORDERS		12	/* of pages, in which their frames are mapped */
#define ROUNDS		1000
#define LEAK_SLABS	128	/* KiB; the structures of a kept buffer take more than 2 KiB */
#define LEAK_MEMORY	1024	/* KiB */
#define KEPT		100	/* buffers; Xen maps each grant at most 128 times */
#define PAUSE		5000	/* microseconds: leave time to other domains */

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

/*
 * Return a dma-buf of the first @pages pages of a buffer of the domain.  @flags is 0, or
 * GNTDEV_DMA_FLAG_*: the pages of dom0 are then those of a DMA buffer.
 */
static int export_as(int gntdev, enum share_buffer buffer, unsigned int pages,
		     unsigned int flags)
{
	struct ioctl_gntdev_dmabuf_exp_from_refs *e = argument(sizeof(*e));
	unsigned int i;
	int fd;

	e->flags = flags;
	e->count = pages;
	e->domid = SHARE_DOMID;
	for (i = 0; i < pages; i++)
		e->refs[i] = SHARE_REF(buffer, i);
	file_call(gntdev, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, e, "EXP_FROM_REFS");
	fd = e->fd;
	free(e);
	return fd;
}

static int export(int gntdev, enum share_buffer buffer, unsigned int pages)
{
	return export_as(gntdev, buffer, pages, 0);
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
	const struct display *s = &displays[DISPLAY_PLAIN];
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
 * those at the beginning of the list may not be neighbours.
 */
static void import_scattered(const struct display *s, unsigned int pages)
{
	const char *card = s->name;
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
			fail("%s imports scattered frames, and reads a bounce buffer", card);
		if (error != EINVAL)
			fail("importing scattered frames: %s, wanted %s", strerror(error),
			     strerror(EINVAL));
	}
}

static void import_as(const struct display *s, unsigned int flags)
{
	int gntdev = file_open(GNTDEV, O_RDWR);
	int error = import(s->name, export_as(gntdev, SHARE_ONE_PIECE, SHARE_PAGES, flags));

	if (error)
		fail("importing frames in one piece: %s", strerror(error));
}

static void imported(const void *arg)
{
	import_as(arg, 0);
}

static void imported_wc(const void *arg)
{
	import_as(arg, GNTDEV_DMA_FLAG_WC);
}

static void imported_coherent(const void *arg)
{
	import_as(arg, GNTDEV_DMA_FLAG_COHERENT);
}

static void scattered(const void *arg)
{
	import_scattered(arg, SHARE_PAGES);
}

static void scattered_small(const void *arg)
{
	import_scattered(arg, SMALL);
}

long kib_of(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[80];
	size_t n = strlen(name);

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, n) && line[n] == ':') {
			fclose(f);
			return atol(line + n + 1);
		}
	fail("/proc/meminfo has no %s", name);
}

/* Make, import and close dma-bufs, but keep the last ones; return whether memory is lost. */
static bool leaks(unsigned int kept)
{
	int gntdev = file_open(GNTDEV, O_RDWR), dmabuf, error;
	long before = 0, slab = 0, lost, grown;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		if (i == ROUNDS / 10) {
			before = kib_of("MemFree");
			slab = kib_of("SUnreclaim");
		}
		dmabuf = export(gntdev, SHARE_ONE_PIECE, SMALL);
		error = import(displays[DISPLAY_PLAIN].name, dmabuf);
		if (error)
			fail("round %u: %s", i, strerror(error));
		if (i + kept >= ROUNDS)
			continue;
		close(dmabuf);
		wait_for_release(gntdev, dmabuf);
	}
	lost = before - kib_of("MemFree");
	grown = kib_of("SUnreclaim") - slab;
	printf("# %ld KiB less are free, and slabs have %ld KiB more\n", lost, grown);
	return lost > LEAK_MEMORY || grown > LEAK_SLABS;
}

static void no_leak(const void *arg)
{
	if (leaks(0))
		fail("that is too much after %u times", ROUNDS);
}

/* Some buffers are kept: the test above must see it. */
static void control_leak(const void *arg)
{
	if (!leaks(KEPT))
		fail("%u buffers are kept, and no memory is missed", KEPT);
}

struct share_busy *share_busy_new(void)
{
	struct share_busy *busy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return busy == MAP_FAILED ? NULL : busy;
}

void share_until_killed(struct share_busy *busy)
{
	int gntdev = file_open(GNTDEV, O_RDWR), dmabuf;

	for (;; busy->rounds++) {
		dmabuf = export(gntdev, SHARE_ONE_PIECE, SMALL);
		if (import(displays[DISPLAY_PLAIN].name, dmabuf))
			fail("round %u: the display does not import", busy->rounds);
		close(dmabuf);
		wait_for_release(gntdev, dmabuf);
		usleep(PAUSE);
	}
}

void share_while(void (*destroy)(void))
{
	const struct display *s = &displays[DISPLAY_PLAIN];
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
		{ "one_piece_wc", imported_wc },
		{ "one_piece_coherent", imported_coherent },
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
	test_add("control", "share_leak", control_leak, NULL);
	give_add();
}
