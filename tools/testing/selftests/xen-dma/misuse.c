// SPDX-License-Identifier: GPL-2.0
/* What a driver must not do ends in an error, not in a fault; and what is said. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cells.h"
#include "memory.h"
#include "runner.h"
#include "tests.h"

static struct xdt_cell map(const char *label, struct xdt_cell c)
{
	c.dir = TO_DEVICE;
	if (ioctl(device_open(label), XDT_IOC_CELL, &c))
		fail("XDT_IOC_CELL: %s", strerror(errno));
	return c;
}

static void no_hits(const struct xdt_cell *c)
{
	unsigned int i;

	if (c->stray)
		fail("%u hits of the detector before", c->stray);
	for (i = 0; i < XDT_STEPS; i++)
		if (c->seen[i].hits)
			fail("%s", c->seen[i].first);
}

static void map_refused(const char *label, struct xdt_cell *c)
{
	*c = map(label, *c);
	if (!c->ret)
		fail("0x%llx+%llu is mapped at 0x%llx", c->phys, c->size,
		     c->dma_addr);
	no_hits(c);
}

static void refused(const struct misuse *m, uint64_t phys, uint64_t size)
{
	struct xdt_cell c = { .phys = phys, .size = size };

	map_refused(m->label, &c);
	c.nents = 1;
	map_refused(m->label, &c);
}

/* The device loses its pool while some of it is mapped, and gets it back. */
void misuse_released(const void *arg)
{
	const struct misuse *m = arg;
	uint64_t size, pool = memory_of(m->memory, m->label, &size);
	struct xdt_cell c = {
		.phys = pool, .size = PAGE, .sync_size = PAGE, .release = 1,
	};

	c = map(m->label, c);
	if (c.ret || c.dma_addr != pool)
		fail("returned %d, DMA address 0x%llx", c.ret, c.dma_addr);
	no_hits(&c);
	c.release = 0;
	c = map(m->label, c);
	if (c.ret || c.dma_addr != pool)
		fail("afterwards: returned %d, DMA address 0x%llx", c.ret, c.dma_addr);
	no_hits(&c);
}

void misuse_pool_outside_of_memory(const void *arg)
{
	const struct misuse *m = arg;
	uint64_t size, pool = memory_of(OUTSIDE, m->label, &size);

	refused(m, pool, PAGE);
	refused(m, pool + 5, 77);
}

static unsigned int times_said(const char *text)
{
	const char *at = kernel_log();
	unsigned int times = 0;

	while ((at = strstr(at, text)) != NULL) {
		times++;
		at++;
	}
	return times;
}

/* Longer than the interval of the kernel's rate limit, milliseconds. */
#define RATELIMIT_MS	6000

/* Ask Xen for memory that it refuses until the kernel says so. */
static void refused_and_said(uint64_t phys, int code)
{
	struct xdt_provoke p = { .phys = phys, .size = 4, .by_xen = 1 };
	unsigned int tries;
	char text[80];

	snprintf(text, sizeof(text), ": Xen refuses cache maintenance at 0x%llx: -%d\n",
		 (unsigned long long)phys, code);
	for (tries = 0; tries < 3 && !times_said(text); tries++) {
		/* sleep() needs CONFIG_COMPAT_32BIT_TIME on 32-bit ARM. */
		if (tries)
			poll(NULL, 0, RATELIMIT_MS);
		if (ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p))
			fail("XDT_IOC_PROVOKE: %s", strerror(errno));
	}
	if (!times_said(text))
		fail("not said%s", text);
}

/* A refusal that does no harm must not hide another, so both have to be there. */
void said_refusal_of_xen(const void *arg)
{
	refused_and_said(STATIC_PHYS, EPERM);
	refused_and_said(UART_PHYS, EINVAL);
}

/* The device must not be there: its pool is none. */
void no_pool(const void *arg)
{
	const char *label = arg;
	char text[128], path[64];

	snprintf(path, sizeof(path), XDT_DEV_PREFIX "%s", label);
	if (!access(path, F_OK))
		fail("%s is there", path);
	snprintf(text, sizeof(text), "xen-dma-test xen-dma-test-%s: error -%d: no private pool",
		 label, EINVAL);
	if (times_said(text) != 1)
		fail("not said: %s", text);
}

void said_no_bounce(const void *arg)
{
	static const char text[] = ": not in the linear map";
	uint64_t size, phys = memory_of(STATIC, "narrow", &size);
	struct xdt_cell c = { .phys = phys, .size = PAGE };
	unsigned int before = times_said(text), quiet, times, i;

	refused(&(struct misuse){ .label = "narrow" }, phys, PAGE);
	quiet = times_said(text) - before;
	c.warn = 1;
	for (i = 0; i < 50; i++)
		map_refused("narrow", &c);
	times = times_said(text) - before;
	if (quiet || times < 1 || times > 10)
		fail("said %u times with DMA_ATTR_NO_WARN, %u times without, wanted 0 and 1 to 10",
		     quiet, times);
}
