// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "outcome.h"
#include "scenario.h"

static const char * const dir_names[] = {
	[DIR_BOTH] = "both",
	[DIR_TO_DEVICE] = "to",
	[DIR_FROM_DEVICE] = "from",
};

static const char * const step_names[] = {
	[XDT_MAP] = "map",
	[XDT_SYNC_CPU] = "sync_for_cpu",
	[XDT_SYNC_DEVICE] = "sync_for_device",
	[XDT_UNMAP] = "unmap",
};

/* kmalloc() may place a buffer of 1 or 77 bytes beside other data. */
static const uint64_t sizes[] = {
	1, 64, 77, PAGE - 1, PAGE, PAGE + 1, 16 * PAGE,
	XDT_BOUNCE_MAX, XDT_BOUNCE_MAX + 1, 256 * PAGE
};

static const uint64_t offsets[] = { 0, 1, 64, 2049 };

/* Number of scatterlist entries; 0 is a page. */
static const unsigned int forms[] = { 0, 1, 16 };

struct result {
	const struct scenario *scenario;
	bool done;
	unsigned int cases, syncs, flushes, refused;
	struct {
		unsigned int cases, wrong;
		bool this;	/* the case that is being judged */
		char first[256];
	} check[CHECKS];
};

static bool maps_mmio, bounces_small;

/* Shared with the processes of the tests. */
static struct result *result;

void scenario_init(void)
{
	struct xdt_info i = kernel_info();

	bounces_small = i.bounces_small;
	maps_mmio = i.maps_mmio;
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED) {
		perror("# mmap");
		exit(1);
	}
}

/* Older kernels ask Xen for the device's own pool as well. */
static bool xen_maintains(const struct scenario *scenario)
{
	return scenario->expect == SCENARIO_BY_XEN ||
	       (scenario->expect == SCENARIO_OWN_POOL && !mainline_kernel());
}

/* Return the number of pages of @page bytes. */
static unsigned int pages(uint64_t phys, uint64_t size, uint64_t page)
{
	return (phys % page + size + page - 1) / page;
}

/* Return the number of synced pages of Xen; a scatterlist is synced whole. */
static unsigned int synced_pages(const struct xdt_case *c)
{
	return c->nents ? c->nents * pages(c->phys, c->size, XEN_PAGE) :
			  pages(c->phys + c->sync_offset, c->sync_size, XEN_PAGE);
}

struct expected {
	bool error, right;
	unsigned int syncs[XDT_STEPS], flushes[XDT_STEPS];
	uint64_t flushed[XDT_STEPS];	/* bytes */
	unsigned int jumps;		/* from one entry to the next */
};

static struct expected expected_of_xen(const struct xdt_case *c)
{
	unsigned int n = c->nents ? c->nents : 1;
	unsigned int all = n * pages(c->phys, c->size, XEN_PAGE);
	bool from = c->dir != DIR_TO_DEVICE;
	struct expected w = {
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

static struct expected expected_of(const struct scenario *scenario, const struct xdt_case *c)
{
	unsigned int n = c->nents ? c->nents : 1;
	struct expected w = { .right = true };

	if (xen_maintains(scenario))
		return expected_of_xen(c);
	switch (scenario->expect) {
	case SCENARIO_REFUSED:
		w.error = true;
		return w;
	case SCENARIO_MMIO:
		w.error = !maps_mmio;
		return w;
	case SCENARIO_OWN_POOL:
	case SCENARIO_COHERENT:
		return w;
	case SCENARIO_BY_XEN:
		break;
	case SCENARIO_BOUNCED:
		w.error = c->size > XDT_BOUNCE_MAX;
		w.right = false;
		break;
	case SCENARIO_BY_CPU:
		w.right = !c->unaligned;
		break;
	}
	if (w.error)
		return w;
	w.syncs[XDT_MAP] = c->skip_cpu_sync ? 0 : n;
	w.syncs[XDT_SYNC_DEVICE] = n;
	/* The device has not written.  The part "speed" does not ask the CPU there. */
	if (c->dir == DIR_TO_DEVICE && speed_kernel())
		n = 0;
	w.syncs[XDT_SYNC_CPU] = n;
	w.syncs[XDT_UNMAP] = c->skip_cpu_sync ? 0 : n;
	return w;
}

static __printf(4, 5)
void note_wrong(const struct xdt_case *c, enum check check, bool is_wrong,
		const char *fmt, ...)
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
		     dir_names[c->dir], c->skip_cpu_sync ? ", no sync" : "");
	va_start(ap, fmt);
	vsnprintf(to + n, room - n, fmt, ap);
	va_end(ap);
}

static void judge_case(const struct scenario *scenario, const struct xdt_case *c)
{
	bool bounce = scenario->expect == SCENARIO_BOUNCED ||
		      scenario->expect == SCENARIO_REFUSED ||
		      (scenario->expect != SCENARIO_MMIO && c->unaligned);
	struct expected w = expected_of(scenario, c);
	unsigned int i;

	result->cases++;
	result->check[CHECK_MAINTENANCE].cases++;
	result->check[CHECK_DATA].cases += c->compared;
	result->check[CHECK_BOUNCE].cases += bounce;
	result->check[CHECK_TRANSLATED].cases += !bounce;
	result->check[CHECK_ADDRESS].cases += !bounce;

	for (i = 0; i < XDT_STEPS; i++) {
		const struct xdt_seen *s = &c->seen[i];

		result->syncs += s->syncs;
		result->flushes += s->flushes;
		result->refused += s->refused;
		note_wrong(c, bounce ? CHECK_BOUNCE : CHECK_TRANSLATED, s->hits,
			   "%s", s->first);
	}
	note_wrong(c, bounce ? CHECK_BOUNCE : CHECK_ADDRESS, (c->ret != 0) != w.error,
		   "mapping returned %d", c->ret);
	note_wrong(c, bounce ? CHECK_BOUNCE : CHECK_ADDRESS,
		   !c->ret && !w.error && c->right != w.right,
		   "DMA address 0x%llx is%s that of the memory", c->dma_addr,
		   c->right ? "" : " not");
	/* A failed mapping, reported above, has no maintenance to check. */
	for (i = 0; (c->ret != 0) == w.error && i < XDT_STEPS; i++) {
		const struct xdt_seen *s = &c->seen[i];
		int code = xen_maintains(scenario) && s->flushes ? scenario->xen_answer : 0;

		note_wrong(c, CHECK_MAINTENANCE,
			   s->missed || s->syncs != w.syncs[i] || s->flushes != w.flushes[i] ||
			   s->code != code || s->refused != (code ? s->flushes : 0),
			   "%s: %u by the CPU, %u by Xen (%d), wanted %u, %u (%d)",
			   step_names[i], s->syncs, s->flushes, s->code,
			   w.syncs[i], w.flushes[i], code);
		note_wrong(c, CHECK_MAINTENANCE, s->flushed != w.flushed[i] ||
			   s->jumps != (s->flushed ? w.jumps : 0),
			   "%s: Xen was asked for %llu bytes with %u jumps, wanted %llu, %u",
			   step_names[i], s->flushed, s->jumps, (unsigned long long)w.flushed[i],
			   w.jumps);
	}
	note_wrong(c, CHECK_DATA, c->wrong_data,
		   "%u entries with bytes that the other side did not see", c->wrong_data);
	for (i = 0; i < CHECKS; i++) {
		result->check[i].wrong += result->check[i].this;
		result->check[i].this = false;
	}
}

static void show_case(const struct xdt_case *c)
{
	unsigned int i;

	printf("# %s%u %s%s 0x%llx+%llu, synced 0x%llx+%llu: %d, DMA address 0x%llx",
	       c->nents ? "sg" : "page", c->nents, dir_names[c->dir],
	       c->skip_cpu_sync ? " no sync" : "", c->phys, c->size,
	       c->sync_offset, c->sync_size, c->ret, c->dma_addr);
	for (i = 0; i < XDT_STEPS; i++)
		printf("; %s: %u hits, %u by the CPU, %u by Xen (%d)", step_names[i],
		       c->seen[i].hits, c->seen[i].syncs, c->seen[i].flushes,
		       c->seen[i].code);
	printf("\n");
}

static void run_case(const struct scenario *scenario, int fd, struct xdt_case c)
{
	/* The CPU does not reach other memory, and coherent devices share it. */
	c.data = scenario->memory == MEMORY_RAM &&
		 scenario->expect != SCENARIO_COHERENT && !c.skip_cpu_sync;
	if (ioctl(fd, XDT_IOC_CASE, &c))
		fail("XDT_IOC_CASE at 0x%llx: %s", c.phys, strerror(errno));
	if (c.stray)
		fail("%u hits of the detector between two cases", c.stray);
	if (cases_are_shown())
		show_case(&c);
	judge_case(scenario, &c);
}

/* Run every direction, with and without CPU sync; sync all, and a part. */
static void run_cases(const struct scenario *scenario, int fd, struct xdt_case c)
{
	unsigned int dir, skip, part;

	for (dir = 0; dir < DIRS; dir++)
		for (skip = 0; skip < 2; skip++)
			for (part = 0; part < (c.nents ? 1 : 2); part++) {
				c.dir = dir;
				c.skip_cpu_sync = skip;
				c.sync_offset = part ? c.size / 3 : 0;
				c.sync_size = part ? c.size - c.size / 2 : c.size;
				run_case(scenario, fd, c);
			}
}

static void scenario_run(const struct scenario *scenario)
{
	uint64_t size, base = memory_of(scenario->memory, scenario->device, &size);
	struct xdt_info i = info_of(scenario->device);
	int fd = device_open(scenario->device);
	unsigned int f, s, o;

	memset(result, 0, sizeof(*result));
	result->scenario = scenario;
	for (f = 0; f < COUNT(forms); f++)
		for (s = 0; s < COUNT(sizes); s++)
			for (o = 0; o < COUNT(offsets); o++) {
				struct xdt_case c = {
					.phys = base + offsets[o],
					.size = sizes[s],
					.nents = forms[f],
					.mmio = scenario->expect == SCENARIO_MMIO,
				};
				unsigned int n = c.nents ? c.nents : 1;

				/* Large sizes take long: do not use every offset. */
				if (o && o < COUNT(offsets) - 1 && c.size > 2 * PAGE)
					continue;
				if (o && c.size > 16 * PAGE)
					continue;
				c.stride = pages(c.phys, c.size, PAGE) * PAGE;
				/* Bouncing small buffers would copy; no memory is there. */
				if (scenario->memory == MEMORY_DEVICE_PAGES &&
				    c.size < PAGE - 1 && c.size != 64)
					continue;
				if (n * c.stride > size || (c.mmio && c.nents))
					continue;
				if (c.nents && scenario->memory == MEMORY_HOLE && !HOLE_HAS_PAGES)
					continue;
				if (scenario->expect == SCENARIO_MMIO && !maps_mmio) {
					/*
					 * dma-debug keeps an entry of each
					 * failure, and complains of a second.
					 */
					c.phys += i.private_pool * PAGE;
					run_case(scenario, fd, c);
					return;
				}
				run_cases(scenario, fd, c);
			}
}

void scenario_check(const struct scenario *scenario, enum check check)
{
	struct xdt_seen seen;

	if (result->scenario != scenario) {
		scenario_run(scenario);
		result->done = true;
		printf("# %u cases: maintenance %u times by the CPU, %u by Xen, which refused %u\n",
		       result->cases, result->syncs, result->flushes, result->refused);
	}
	if (!result->done)
		fail("the cases of this scenario did not all run");
	if (!seen_take(&seen) || seen.hits)
		fail("%u hits of the detector after the last case", seen.hits);
	if (!result->check[check].cases)
		fail("no case is of this kind");
	if (result->check[check].wrong)
		fail("%u of %u cases; %s", result->check[check].wrong,
		     result->check[check].cases, result->check[check].first);
}
