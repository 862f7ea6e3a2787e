// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "cells.h"
#include "memory.h"
#include "runner.h"

static const char * const directions[] = { "both", "to", "from" };
static const char * const steps[] = {
	"map", "sync_for_cpu", "sync_for_device", "unmap"
};

const char * const check_names[CHECKS] = {
	"translated", "address", "maintenance", "bounce", "data"
};

/* 1 and 77 bytes are what kmalloc() may have put beside something else. */
static const uint64_t sizes[] = {
	1, 64, 77, PAGE - 1, PAGE, PAGE + 1, 16 * PAGE,
	XDT_BOUNCE_MAX, XDT_BOUNCE_MAX + 1, 256 * PAGE
};

static const uint64_t offsets[] = { 0, 1, 64, 2049 };

/* A page, or entries of a scatterlist. */
static const unsigned int forms[] = { 0, 1, 16 };

struct result {
	const struct row *row;
	bool done;
	unsigned int cells, syncs, flushes, refused;
	struct {
		unsigned int cells, wrong;
		bool this;	/* the cell that is being judged */
		char first[256];
	} check[CHECKS];
};

static bool maps_mmio, mmio_has_offset, bounces_small;

/* Shared with the processes of the tests. */
static struct result *result;

void cells_init(void)
{
	struct xdt_info i = kernel_info();

	bounces_small = i.bounces_small;
	maps_mmio = i.maps_mmio;
	mmio_has_offset = i.mmio_has_offset;
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED) {
		perror("# mmap");
		exit(1);
	}
}

/* Before, Xen is asked for the device's own pool as well. */
static bool by_xen(const struct row *row)
{
	return row->must == BY_XEN || (row->must == OWN && !mainline_kernel());
}

bool row_has(const struct row *row, enum check check)
{
	/* Elsewhere its DMA address is the physical one, as in other rows. */
	if (!strcmp(row->label, "mmio-offset") && !mmio_has_offset)
		return false;
	/* What has no page is mapped by address, or not at all. */
	if (row->memory == HOLE && !HOLE_HAS_PAGES && !maps_mmio)
		return false;
	if (check == DATA)
		return row->memory == RAM && row->must != COHERENT &&
		       (row->must == BOUNCED || bounces_small);
	if (check == TRANSLATED && row->must == COHERENT)
		return false;
	if (row->must == BOUNCED || row->must == REFUSED)
		return check == BOUNCE || check == MAINTENANCE;
	if (check == BOUNCE)
		return row->must != MMIO && row->must != COHERENT &&
		       row->memory != DEVICE_PAGES && bounces_small;
	return true;
}

static unsigned int pages(uint64_t phys, uint64_t size)
{
	return (phys % PAGE + size + PAGE - 1) / PAGE;
}

/* A scatterlist is synced whole. */
static unsigned int synced_pages(const struct xdt_cell *c)
{
	return c->nents ? c->nents * pages(c->phys, c->size) :
			  pages(c->phys + c->sync_offset, c->sync_size);
}

struct want {
	bool error, right;
	unsigned int syncs[XDT_STEPS], flushes[XDT_STEPS];
	uint64_t flushed[XDT_STEPS];	/* bytes */
	unsigned int jumps;		/* from one entry to the next */
};

static struct want want_of_xen(const struct xdt_cell *c)
{
	unsigned int n = c->nents ? c->nents : 1, all = n * pages(c->phys, c->size);
	bool from = c->dir != TO_DEVICE;
	struct want w = {
		.right = true,
		.jumps = c->stride == c->size ? 0 : n - 1,
		.flushes = {
			[XDT_MAP] = c->skip_cpu_sync ? 0 : all,
			[XDT_SYNC_CPU] = from ? synced_pages(c) : 0,
			[XDT_SYNC_DEVICE] = synced_pages(c),
			[XDT_UNMAP] = from && !c->skip_cpu_sync ? all : 0,
		},
	};
	unsigned int i;

	for (i = 0; i < XDT_STEPS; i++) {
		bool part = i == XDT_SYNC_CPU || i == XDT_SYNC_DEVICE;

		if (w.flushes[i])
			w.flushed[i] = !c->nents && part ? c->sync_size : n * c->size;
	}
	return w;
}

static struct want want(const struct row *row, const struct xdt_cell *c)
{
	unsigned int n = c->nents ? c->nents : 1;
	struct want w = { .right = true };

	if (by_xen(row))
		return want_of_xen(c);
	switch (row->must) {
	case REFUSED:
		w.error = true;
		return w;
	case MMIO:
		w.error = !maps_mmio;
		return w;
	case OWN:
	case COHERENT:
		return w;
	case BY_XEN:
		break;
	case BOUNCED:
		w.error = c->size > XDT_BOUNCE_MAX;
		w.right = false;
		break;
	case BY_CPU:
		w.right = !c->unaligned;
		break;
	}
	if (w.error)
		return w;
	w.syncs[XDT_MAP] = c->skip_cpu_sync ? 0 : n;
	w.syncs[XDT_SYNC_CPU] = n;
	w.syncs[XDT_SYNC_DEVICE] = n;
	w.syncs[XDT_UNMAP] = c->skip_cpu_sync ? 0 : n;
	return w;
}

static void __attribute__((format(printf, 4, 5)))
wrong(const struct xdt_cell *c, enum check check, bool is_wrong, const char *fmt, ...)
{
	char *to = result->check[check].first;
	size_t room = sizeof(result->check[check].first);
	va_list ap;
	int n;

	if (!is_wrong)
		return;
	result->check[check].this = true;
	if (to[0])
		return;
	n = snprintf(to, room, "%s of 0x%llx+%llu, %s%s: ",
		     c->nents ? "sg" : "page", c->phys, c->size,
		     directions[c->dir], c->skip_cpu_sync ? ", no sync" : "");
	va_start(ap, fmt);
	vsnprintf(to + n, room - n, fmt, ap);
	va_end(ap);
}

static void judge(const struct row *row, const struct xdt_cell *c)
{
	bool bounce = row->must == BOUNCED || row->must == REFUSED ||
		      (row->must != MMIO && c->unaligned);
	struct want w = want(row, c);
	unsigned int i;

	result->cells++;
	result->check[MAINTENANCE].cells++;
	result->check[DATA].cells += c->compared;
	result->check[BOUNCE].cells += bounce;
	result->check[TRANSLATED].cells += !bounce;
	result->check[ADDRESS].cells += !bounce;

	for (i = 0; i < XDT_STEPS; i++) {
		const struct xdt_seen *s = &c->seen[i];

		result->syncs += s->syncs;
		result->flushes += s->flushes;
		result->refused += s->refused;
		wrong(c, bounce ? BOUNCE : TRANSLATED, s->hits,
		      "%s", s->first);
	}
	wrong(c, bounce ? BOUNCE : ADDRESS, (c->ret != 0) != w.error,
	      "mapping returned %d", c->ret);
	wrong(c, bounce ? BOUNCE : ADDRESS,
	      !c->ret && !w.error && c->right != w.right,
	      "DMA address 0x%llx is%s that of the memory", c->dma_addr,
	      c->right ? "" : " not");
	/* Nothing can be maintained of a mapping that failed, which is told above. */
	for (i = 0; (c->ret != 0) == w.error && i < XDT_STEPS; i++) {
		const struct xdt_seen *s = &c->seen[i];
		int code = by_xen(row) && s->flushes ? row->code : 0;

		wrong(c, MAINTENANCE,
		      s->missed || s->syncs != w.syncs[i] || s->flushes != w.flushes[i] ||
		      s->code != code || s->refused != (code ? s->flushes : 0),
		      "%s: %u by the CPU, %u by Xen (%d), wanted %u, %u (%d)",
		      steps[i], s->syncs, s->flushes, s->code,
		      w.syncs[i], w.flushes[i], code);
		wrong(c, MAINTENANCE, s->flushed != w.flushed[i] ||
		      s->jumps != (s->flushed ? w.jumps : 0),
		      "%s: Xen was asked for %llu bytes with %u jumps, wanted %llu, %u",
		      steps[i], s->flushed, s->jumps, (unsigned long long)w.flushed[i],
		      w.jumps);
	}
	wrong(c, DATA, c->wrong_data,
	      "%u entries with bytes that the other side did not see", c->wrong_data);
	for (i = 0; i < CHECKS; i++) {
		result->check[i].wrong += result->check[i].this;
		result->check[i].this = false;
	}
}

static void show(const struct row *row, const struct xdt_cell *c)
{
	unsigned int i;

	printf("# %s: %s%u %s%s 0x%llx+%llu, synced 0x%llx+%llu: %d, DMA address 0x%llx",
	       row->name, c->nents ? "sg" : "page", c->nents, directions[c->dir],
	       c->skip_cpu_sync ? " no sync" : "", c->phys, c->size,
	       c->sync_offset, c->sync_size, c->ret, c->dma_addr);
	for (i = 0; i < XDT_STEPS; i++)
		printf("; %s: %u hits, %u by the CPU, %u by Xen (%d)", steps[i],
		       c->seen[i].hits, c->seen[i].syncs, c->seen[i].flushes,
		       c->seen[i].code);
	printf("\n");
}

static void do_cell(const struct row *row, int fd, struct xdt_cell c)
{
	c.data = row_has(row, DATA) && !c.skip_cpu_sync;
	if (ioctl(fd, XDT_IOC_CELL, &c))
		fail("XDT_IOC_CELL at 0x%llx: %s", c.phys, strerror(errno));
	if (c.stray)
		fail("%u hits of the detector between two cells", c.stray);
	if (cells_are_shown())
		show(row, &c);
	judge(row, &c);
}

/* Every direction, with and without CPU sync; all and a part of it synced. */
static void cells_of(const struct row *row, int fd, struct xdt_cell c)
{
	unsigned int dir, skip, part;

	for (dir = 0; dir < DIRECTIONS; dir++)
		for (skip = 0; skip < 2; skip++)
			for (part = 0; part < (c.nents ? 1 : 2); part++) {
				c.dir = dir;
				c.skip_cpu_sync = skip;
				c.sync_offset = part ? c.size / 3 : 0;
				c.sync_size = part ? c.size - c.size / 2 : c.size;
				do_cell(row, fd, c);
			}
}

static void cells_run(const struct row *row)
{
	uint64_t size, base = memory_of(row->memory, row->label, &size);
	struct xdt_info i = info_of(row->label);
	int fd = device_open(row->label);
	unsigned int f, s, o;

	memset(result, 0, sizeof(*result));
	result->row = row;
	for (f = 0; f < COUNT(forms); f++)
		for (s = 0; s < COUNT(sizes); s++)
			for (o = 0; o < COUNT(offsets); o++) {
				struct xdt_cell c = {
					.phys = base + offsets[o],
					.size = sizes[s],
					.nents = forms[f],
					.mmio = row->must == MMIO,
				};
				unsigned int n = c.nents ? c.nents : 1;

				/* Many pages take long: not from everywhere. */
				if (o && o < COUNT(offsets) - 1 && c.size > 2 * PAGE)
					continue;
				if (o && c.size > 16 * PAGE)
					continue;
				c.stride = pages(c.phys, c.size) * PAGE;
				/* There is nothing that could be copied. */
				if (row->memory == DEVICE_PAGES &&
				    c.size < PAGE - 1 && c.size != 64)
					continue;
				if (n * c.stride > size || (c.mmio && c.nents))
					continue;
				if (c.nents && row->memory == HOLE && !HOLE_HAS_PAGES)
					continue;
				if (row->must == MMIO && !maps_mmio) {
					/*
					 * dma-debug keeps an entry of each
					 * failure, and complains of a second.
					 */
					c.phys += i.private_pool * PAGE;
					do_cell(row, fd, c);
					return;
				}
				cells_of(row, fd, c);
			}
}

void cells_check(const void *arg)
{
	const struct row_check *rc = arg;
	struct xdt_seen seen;

	if (result->row != rc->row) {
		cells_run(rc->row);
		result->done = true;
		printf("# %u cells: maintenance %u times by the CPU, %u by Xen, which refused %u\n",
		       result->cells, result->syncs, result->flushes,
		       result->refused);
	}
	if (!result->done)
		fail("the cells of this row did not all run");
	if (!seen_take(&seen) || seen.hits)
		fail("%u hits of the detector after the last cell", seen.hits);
	if (!result->check[rc->check].cells)
		fail("no cell is of this kind");
	if (result->check[rc->check].wrong)
		fail("%u of %u cells; %s", result->check[rc->check].wrong,
		     result->check[rc->check].cells, result->check[rc->check].first);
}
