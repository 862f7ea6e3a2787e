// SPDX-License-Identifier: GPL-2.0
/* Streams: map ordinary pages, sync parts, unmap; bounce buffers have contents, too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "model.h"

/* Smaller mappings from a device may be bounced: kmalloc() memory shares cache lines. */
#define ALIGNED		256

static unsigned int entries(const struct stream *s)
{
	return s->nents ? s->nents : 1;
}

static uint8_t *memory(const struct stream *s, unsigned int i)
{
	return s->obj->data + s->offset + i * s->size;
}

static void to_device(struct stream *s, unsigned int i, uint64_t from, uint64_t n)
{
	if (s->bounced[i])
		memcpy(s->data + i * s->size + from, memory(s, i) + from, n);
}

static void to_cpu(struct stream *s, unsigned int i, uint64_t from, uint64_t n)
{
	if (s->bounced[i])
		memcpy(memory(s, i) + from, s->data + i * s->size + from, n);
}

/* Check the DMA address of an entry, and note whether it is bounced. */
static void check_entry(struct stream *s, unsigned int i)
{
	uint64_t phys = s->obj->phys + s->offset + i * s->size;
	uint64_t want = model_dma(s->dev, phys, s->size), seen;

	s->bounced[i] = s->dma[i] != want;
	if (!s->bounced[i])
		return;
	seen = model_phys(s->dev, s->dma[i]);
	if (seen == NO_FRAME || model_dma(s->dev, seen, s->size) != s->dma[i])
		wrong("map: %s does not reach 0x%llx+%llu", devices[s->dev].label,
		      (unsigned long long)s->dma[i], (unsigned long long)s->size);
	if (want != NO_FRAME && (s->size >= ALIGNED || s->dir == TO_DEVICE ||
				 devices[s->dev].coherent))
		wrong("map: DMA address 0x%llx, wanted 0x%llx", (unsigned long long)s->dma[i],
		      (unsigned long long)want);
	if (seen < s->obj->phys + s->obj->size && s->obj->phys < seen + s->size)
		wrong("map: DMA address 0x%llx is of the same pages, wanted 0x%llx",
		      (unsigned long long)s->dma[i], (unsigned long long)want);
}

void drop_stream(struct stream *s)
{
	unsigned int i;

	expect(request_number(FUZZ_IOC_UNMAP, s - streams), 0, "unmap");
	s->mapped = false;
	s->late = !s->imported;
	for (i = 0; i < entries(s) && !s->imported && s->dir != TO_DEVICE && !s->skip_sync; i++)
		to_cpu(s, i, 0, s->size);
	free(s->data);
	s->data = NULL;
	model_put(s->obj);
}

/* Choose the bytes: one mapping, or the entries of a scatterlist. */
static void draw_part(const struct op *op, struct stream *s, const struct obj *o)
{
	uint32_t n = op->arg[4];

	s->nents = op->arg[5] % 3 ? 0 : 2 + op->arg[5] / 4 % (FUZZ_ENTRIES - 1);
	s->offset = n % 4 ? n / 4 % (o->size - 512) : 0;
	s->size = 1 + (n >> 12) % (o->size - s->offset);
	if (n % 8 == 5)
		s->size = 1 + s->size % 300;
	if (s->nents)
		s->size = 1 + (s->size - 1) / s->nents;
	if (s->offset + entries(s) * s->size > o->size)
		s->nents = 0;
	/* A length of 0 that has to bounce stops a stock kernel. */
	if (n % 64 == 3 && !s->nents && s->dev != FUZZ_NARROW)
		s->size = 0;
}

void op_map(const struct op *op)
{
	struct stream *s = &streams[op->arg[1] % FUZZ_STREAMS];
	struct obj *o = any_obj(op->arg[0], true);
	unsigned int dev = any_device(op->arg[2]), i;
	struct fuzz_map m = {
		.stream = s - streams, .dev = dev, .fd = -1, .dir = op->arg[3] % DIRECTIONS,
		.skip_sync = op->arg[3] / 4 % 4 == 0,
	};

	if (!o)
		return;
	if (s->mapped)
		drop_stream(s);
	*s = (struct stream) {
		.skip_sync = m.skip_sync, .dev = dev, .dir = m.dir, .obj = o,
	};
	draw_part(op, s, o);
	m.nents = s->nents;
	m.phys = o->phys + s->offset;
	m.size = s->size;
	m.obj = o - objs;
	say("map %u+%llu, %llu bytes, for %s as stream %u, %u entries, direction %u%s", m.obj,
	    (unsigned long long)s->offset, m.size, devices[dev].label, m.stream, m.nents, m.dir,
	    m.skip_sync ? ", no sync" : "");
	expect(request(FUZZ_IOC_MAP, &m), 0, "map");
	if (m.nents != s->nents || m.length != s->size * entries(s))
		wrong("map: %u entries, %llu bytes, wanted %u, %llu", m.nents, m.length,
		      s->nents, (unsigned long long)(s->size * entries(s)));
	s->mapped = true;
	s->data = calloc(1, DATA_SIZE);
	model_take(o);
	for (i = 0; i < entries(s); i++) {
		s->dma[i] = m.dma[i];
		check_entry(s, i);
		to_device(s, i, 0, s->size);
	}
}

static void sync_entries(struct stream *s, const struct fuzz_sync *y, unsigned int first,
			 unsigned int n, uint64_t from, uint64_t size)
{
	unsigned int i;

	expect(request(FUZZ_IOC_SYNC, (void *)y), 0, "sync");
	for (i = first; i < first + n && !s->imported; i++) {
		if (y->for_cpu && y->dir != TO_DEVICE)
			to_cpu(s, i, from, size);
		if (!y->for_cpu && y->dir != FROM_DEVICE)
			to_device(s, i, from, size);
	}
}

void op_sync(const struct op *op)
{
	struct stream *s = any_stream(op->arg[0]);
	struct fuzz_sync y = { .for_cpu = op->arg[1] % 2, .dir = op->arg[1] / 2 % 7 };
	uint64_t from, size;
	unsigned int i;

	if (!s)
		return;
	/* The direction is wrong now and then. */
	if (y.dir >= DIRECTIONS)
		y.dir = s->dir;
	if (s->imported && (s->bounced[0] || (model_unmapped(s->obj) && !under_xen)))
		return;
	y.stream = s - streams;
	if (s->nents && op->arg[2] % 2) {
		y.sg = 1;
		say("sync stream %u for %s, direction %u", y.stream,
		    y.for_cpu ? "the CPU" : "the device", y.dir);
		sync_entries(s, &y, 0, s->nents, 0, s->size);
		return;
	}
	i = op->arg[2] / 2 % entries(s);
	from = s->size ? op->arg[3] % s->size : 0;
	size = s->size ? 1 + op->arg[4] % (s->size - from) : 0;
	y.dma = s->dma[i] + from;
	y.size = size;
	say("sync entry %u of stream %u for %s, bytes %llu+%llu, direction %u", i, y.stream,
	    y.for_cpu ? "the CPU" : "the device", (unsigned long long)from,
	    (unsigned long long)size, y.dir);
	sync_entries(s, &y, i, 1, from, size);
}

void op_unmap(const struct op *op)
{
	struct stream *s = any_stream(op->arg[0]);

	if (!s)
		return;
	say("unmap stream %u", (unsigned int)(s - streams));
	drop_stream(s);
}

/* The pages must still be there, and no bounce buffer may be in their place. */
static struct stream *late_stream(uint32_t number)
{
	unsigned int i;

	for (i = 0; i < FUZZ_STREAMS; i++) {
		struct stream *s = &streams[(number + i) % FUZZ_STREAMS];

		if (!s->mapped && s->late && s->obj->handle && s->obj->data && !s->bounced[0])
			return s;
	}
	return NULL;
}

/* Sync after the unmap, as some drivers do. */
void op_sync_late(const struct op *op)
{
	struct stream *s = late_stream(op->arg[0]);
	struct fuzz_sync y = { .for_cpu = op->arg[1] % 2, .dir = op->arg[1] / 2 % 3 };

	if (!s)
		return;
	y.stream = s - streams;
	y.dma = s->dma[0];
	y.size = s->size;
	say("sync stream %u for %s after the unmap", y.stream,
	    y.for_cpu ? "the CPU" : "the device");
	expect(request(FUZZ_IOC_SYNC, &y), 0, "sync");
}

static void access_data(uint64_t phys, uint8_t *bytes, unsigned int n, const struct op *op,
			const char *who)
{
	struct fuzz_access a = { .phys = phys, .size = n, .write = op->arg[3] % 2 };
	unsigned int i;

	if (a.write) {
		for (i = 0; i < n; i++)
			bytes[i] = op->arg[4] + i * 7;
		memcpy(a.data, bytes, n);
	}
	expect(ioctl(fuzz_fd, FUZZ_IOC_ACCESS, &a) ? errno : 0, 0, "access");
	for (i = 0; i < n; i++)
		if (a.data[i] != bytes[i])
			wrong("%s reads 0x%02x at 0x%llx, wanted 0x%02x", who, a.data[i],
			      (unsigned long long)phys + i, bytes[i]);
}

/* Read or write bytes of a stream, as the CPU or as the device. */
void op_data(const struct op *op)
{
	struct stream *s = any_stream(op->arg[0]);
	bool by_device = op->arg[1] % 2;
	unsigned int i, n = FUZZ_BYTES;
	uint64_t from, phys;

	if (!s || s->imported || !s->size)
		return;
	i = op->arg[1] / 2 % entries(s);
	from = op->arg[2] % s->size;
	if (n > s->size - from)
		n = s->size - from;
	phys = by_device ? model_phys(s->dev, s->dma[i]) :
			   s->obj->phys + s->offset + i * s->size;
	/* The module accesses one page. */
	if (n > PAGE - (phys + from) % PAGE)
		n = PAGE - (phys + from) % PAGE;
	say("%s %s %u bytes of stream %u, entry %u, at %llu", by_device ? "the device" : "the CPU",
	    op->arg[3] % 2 ? "writes" : "reads", n, (unsigned int)(s - streams), i,
	    (unsigned long long)from);
	access_data(phys + from, by_device && s->bounced[i] ? s->data + i * s->size + from :
		    memory(s, i) + from, n, op, by_device ? "the device" : "the CPU");
}
