// SPDX-License-Identifier: GPL-2.0
/* Tests of one display: the work of a program that uses it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "../buffer.h"
#include "../memory.h"
#include "../outcome.h"
#include "display.h"
#include "drm.h"
#include "runner.h"

#define CYCLES	200		/* of 1.2 MB: more than the memory of a dom0 */

#ifdef __arm__
const struct display displays[] = {
	{ .name = "clcd", .shows = true, .fills = 4 },
};
#else
const struct display displays[] = {
	[DISPLAY_POOL] = {
		.name = "display-pool", .seed = 0, .shows = true, .pool = true, .fills = 2,
	},
	[DISPLAY_PLAIN] = { .name = "display-plain", .seed = 3, .shows = true },
	[DISPLAY_COOKIE] = { .name = "display-rockchip", .seed = 4 },
	/* QEMU does not show the lowest byte of the format with alpha that fits better. */
	[DISPLAY_QEMU] = {
		.name = "zynqmp-dpsub", .seed = 8, .shows = true, .pool = true, .fills = 2,
		.machine = "zcu102", .format = DRM_FORMAT_RGBA8888,
	},
	[DISPLAY_DYNAMIC] = {
		.name = "display-dynamic", .seed = 12, .pool = true, .only_granted = true,
	},
};
#endif

bool display_is_here(const struct display *s)
{
	const char *machine = getenv("XEN_DMA_MACHINE");

	if (s->only_granted || !machine != !s->machine || (machine && strcmp(machine, s->machine)))
		return false;
	return !s->pool || !in_domain();
}

/* Return another display, or the same one if there is no other. */
static const struct display *another(const struct display *s)
{
	unsigned int i;

	for (i = 0; i < COUNT(displays); i++)
		if (&displays[i] != s && display_is_here(&displays[i]))
			return &displays[i];
	return s;
}

void ask_for_picture(const char *name, const char *display, const struct dumb *d,
		     unsigned int seed)
{
	printf("# picture %s of %s, crc32 %08x\n", name, display, painted_crc32(d, seed));
	answered();
}

void right(const uint8_t *p, const struct dumb *d, unsigned int seed)
{
	size_t n = wrong_bytes(p, d, seed);

	if (n)
		fail("%zu of %zu bytes are wrong", n, d->size);
}

static void dumb_mmap(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	uint8_t *p = dumb_map(&d);

	paint(p, &d, s->seed);
	right(p, &d, s->seed);
	/* A second mapping must show the same memory. */
	right(dumb_map(&d), &d, s->seed);
}

static void picture(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));

	paint(dumb_map(&d), &d, s->seed);
	d.format = s->format;
	show(&d);
	ask_for_picture(s->name, s->name, &d, s->seed);
}

static void prime_mmap(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int dmabuf = dmabuf_of(&d);
	uint8_t *p;

	p = mmap(NULL, d.size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	if (p == MAP_FAILED)
		fail("mmap of the dma-buf: %s", strerror(errno));
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	paint(p, &d, s->seed);
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	right(dumb_map(&d), &d, s->seed);
	/* The buffer lives on without its file while it is mapped. */
	close(dmabuf);
	right(p, &d, s->seed);
}

static void refused(void *p, int want, const char *what)
{
	if (p != MAP_FAILED)
		fail("%s is mapped", what);
	if (errno != want)
		fail("%s: %s, wanted %s", what, strerror(errno), strerror(want));
}

static void map_beyond(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int64_t offset = map_offset(d.fd, d.handle);

	refused(mmap(NULL, d.size + PAGE, PROT_READ, MAP_SHARED, d.fd, offset), EINVAL,
		"a page more than the buffer has");
}

static void map_destroyed(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int64_t offset = map_offset(d.fd, d.handle);
	struct drm_mode_destroy_dumb x = { .handle = d.handle };

	if (ioctl(d.fd, DRM_IOCTL_MODE_DESTROY_DUMB, &x))
		fail("DRM_IOCTL_MODE_DESTROY_DUMB: %s", strerror(errno));
	if (map_offset(d.fd, d.handle) >= 0 || errno != ENOENT)
		fail("a destroyed buffer has an offset, or: %s", strerror(errno));
	refused(mmap(NULL, d.size, PROT_READ, MAP_SHARED, d.fd, offset), EINVAL,
		"a destroyed buffer");
}

static void map_of_another(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int64_t offset = map_offset(d.fd, d.handle);
	int other = card_open(s->name);

	if (map_offset(other, d.handle) >= 0 || errno != ENOENT)
		fail("another's handle has an offset, or: %s", strerror(errno));
	refused(mmap(NULL, d.size, PROT_READ, MAP_SHARED, other, offset), EACCES,
		"another's buffer");
}

/* Make, map, export, import and free buffers: all memory must come back. */
static void no_leak(const void *arg)
{
	const struct display *s = arg;
	int fd = card_open(s->name), other;
	struct dumb d, imported;
	unsigned int i;
	uint8_t *p;
	int dmabuf;

	other = card_open(another(s)->name);
	for (i = 0; i < CYCLES; i++) {
		d = dumb_get(fd);
		p = dumb_map(&d);
		*p = i;
		dmabuf = dmabuf_of(&d);
		imported = dumb_import(other, dmabuf);
		munmap(p, d.size);
		dumb_close(&imported);
		close(dmabuf);
		dumb_close(&d);
	}
}

/* Buffers that are kept must fill the pool of a display. */
static void control_leak(const void *arg)
{
	const struct display *s = arg;
	int fd = card_open(s->name), error;
	struct dumb d;
	unsigned int i;

	for (i = 0; i < s->fills; i++)
		dumb_get(fd);
	error = dumb_create(fd, &d);
	if (error != ENOMEM)
		fail("one buffer more: %s, wanted %s", strerror(error), strerror(ENOMEM));
}

static const struct test {
	const char *name;
	void (*fn)(const void *arg);
} tests[] = {
	{ "dumb_mmap", dumb_mmap },
	{ "prime_mmap", prime_mmap },
	{ "map_beyond", map_beyond },
	{ "map_destroyed", map_destroyed },
	{ "map_of_another", map_of_another },
	{ "no_leak", no_leak },
};

void display_add(void)
{
	unsigned int i, j;

	for (i = 0; i < COUNT(displays); i++)
		if (displays[i].fills && display_is_here(&displays[i]))
			test_add("control", "leak", control_leak, &displays[i]);
	for (i = 0; i < COUNT(displays); i++)
		for (j = 0; j < COUNT(tests) && display_is_here(&displays[i]); j++)
			test_add(displays[i].name, tests[j].name, tests[j].fn, &displays[i]);
	for (i = 0; i < COUNT(displays); i++)
		if (displays[i].shows && display_is_here(&displays[i]))
			test_add(displays[i].name, "picture", picture, &displays[i]);
}
