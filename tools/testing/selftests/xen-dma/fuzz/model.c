// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <fcntl.h>
#include <stdio.h>

#include "model.h"

#define BITS(n)		((1ull << (n)) - 1)
#define BUS_OFFSET	0xc0000000ull	/* see dom0/plain-devices.dtsi */
#define ONCHIP_DMA	0x20000000ull	/* see ../test_modules/device.c */

struct device devices[FUZZ_DEVICES];
struct obj objs[FUZZ_OBJECTS];
struct map maps[MAPS];
struct buf bufs[BUFS];
struct stream streams[FUZZ_STREAMS];

static void window(struct device *d, unsigned int i, uint64_t dma, uint64_t phys,
		   uint64_t size)
{
	d->windows[i].dma = dma;
	d->windows[i].phys = phys;
	d->windows[i].size = size;
}

/* Read the pools of the devices; all else is as in dom0/test-devices.dtsi. */
void model_devices(void)
{
	static const char * const labels[] = { FUZZ_LABELS, "own" };
	uint64_t ram = machine_address("ram");
	unsigned int i;

	for (i = 0; i < FUZZ_DEVICES; i++) {
		struct device *d = &devices[i];
		struct xdt_info info = {};
		char path[64];

		d->label = labels[i];
		snprintf(path, sizeof(path), XDT_DEV_PREFIX "%s", d->label);
		d->there = i == FUZZ_OWN || !access(path, F_OK);
		if (d->there && i != FUZZ_OWN)
			info = info_of(d->label);
		d->coherent = i == FUZZ_COHERENT;
		d->mask = BITS(32);
		window(d, 0, 0, 0, BITS(48));
		d->pool_phys = info.pool_phys;
		d->pool_dma = info.pool_phys;
		d->pool_size = info.pool_size;
	}
	devices[FUZZ_ONCHIP_POOL].pool_dma = ONCHIP_DMA;
	window(&devices[FUZZ_OFFSET], 0, ram ^ BUS_OFFSET, ram, 0x40000000);
	devices[FUZZ_NARROW].mask = BITS(31);
	window(&devices[FUZZ_NARROW], 0, 0, ram + 0x38000000, 0x04000000);
	window(&devices[FUZZ_NARROW], 1, 0x04000000, ram + 0x20000000, 0x04000000);
	window(&devices[FUZZ_NARROW], 2, 0x80000000, ram + 0x24000000, 0x08000000);
}

uint64_t model_dma(unsigned int dev, uint64_t phys, uint64_t size)
{
	const struct device *d = &devices[dev];
	unsigned int i;

	for (i = 0; i < COUNT(d->windows); i++) {
		uint64_t in = phys - d->windows[i].phys;

		if (phys < d->windows[i].phys || in + size > d->windows[i].size)
			continue;
		if (d->windows[i].dma + in + (size ? size - 1 : 0) <= d->mask)
			return d->windows[i].dma + in;
	}
	return NO_FRAME;
}

uint64_t model_phys(unsigned int dev, uint64_t dma)
{
	const struct device *d = &devices[dev];
	unsigned int i;

	if (d->pool_size && !d->released && dma - d->pool_dma < d->pool_size)
		return d->pool_phys + dma - d->pool_dma;
	for (i = 0; i < COUNT(d->windows); i++)
		if (dma - d->windows[i].dma < d->windows[i].size)
			return d->windows[i].phys + dma - d->windows[i].dma;
	return NO_FRAME;
}

/* Pages that a pool gives: a power of two, at a multiple of it. */
static unsigned int pool_pages(uint64_t size)
{
	unsigned int n = 1;

	while (n * PAGE < size)
		n *= 2;
	return n;
}

static bool is_free(const struct device *d, unsigned int first, unsigned int n)
{
	while (n--)
		if (d->used[first + n])
			return false;
	return true;
}

int model_alloc(unsigned int dev, uint64_t size, unsigned int flags, uint64_t *pool_dma)
{
	const struct device *d = &devices[dev];
	int want = ENOMEM;
	unsigned int n, at;

	*pool_dma = NO_FRAME;
	if (!size)
		return want;
	if (!d->pool_size || d->released) {
		/* Few frames are for those. */
		return dev == FUZZ_NARROW || flags & FUZZ_ATOMIC || race ? MAYBE : 0;
	}
	if (race)
		return MAYBE;
	n = pool_pages(size);
	for (at = 0; at + n <= d->pool_size / PAGE; at += n)
		if (is_free(d, at, n)) {
			*pool_dma = d->pool_dma + at * PAGE;
			return 0;
		}
	return want;
}

static void mark(struct obj *o, bool used)
{
	struct device *d = &devices[o->dev];

	if (o->in_pool && !race)
		memset(&d->used[(o->phys - d->pool_phys) / PAGE], used, pool_pages(o->size));
}

void model_take(struct obj *o)
{
	if (!o->refs++)
		mark(o, true);
}

void model_put(struct obj *o)
{
	if (--o->refs)
		return;
	mark(o, false);
	free(o->data);
	o->data = NULL;
}

unsigned int model_type(const struct obj *o)
{
	return devices[o->dev].coherent ? MEMATTR_NORMAL_WB : MEMATTR_NORMAL_NC;
}

bool model_unmapped(const struct obj *o)
{
	return o->in_pool;
}

struct obj *any_obj(uint32_t number, bool pages)
{
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS; i++) {
		struct obj *o = &objs[(number + i) % FUZZ_OBJECTS];

		if (o->handle && !!(o->flags & FUZZ_PAGES) == pages)
			return o;
	}
	return NULL;
}

struct map *any_map(uint32_t number)
{
	unsigned int i;

	for (i = 0; i < MAPS; i++)
		if (maps[(number + i) % MAPS].at)
			return &maps[(number + i) % MAPS];
	return NULL;
}

struct map *free_map(void)
{
	unsigned int i;

	for (i = 0; i < MAPS; i++)
		if (!maps[i].at)
			return &maps[i];
	return NULL;
}

struct buf *any_buf(uint32_t number)
{
	unsigned int i;

	for (i = 0; i < BUFS; i++)
		if (bufs[(number + i) % BUFS].obj)
			return &bufs[(number + i) % BUFS];
	return NULL;
}

struct stream *any_stream(uint32_t number)
{
	unsigned int i;

	for (i = 0; i < FUZZ_STREAMS; i++)
		if (streams[(number + i) % FUZZ_STREAMS].mapped)
			return &streams[(number + i) % FUZZ_STREAMS];
	return NULL;
}

unsigned int any_device(uint32_t number)
{
	unsigned int dev = number % FUZZ_DEVICES;

	/* Other workers could not use a device while it is unbound. */
	return devices[dev].there ? dev : FUZZ_PLAIN;
}
