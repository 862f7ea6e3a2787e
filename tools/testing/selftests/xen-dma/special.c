// SPDX-License-Identifier: GPL-2.0
/* Requests that few drivers make, and machines that are rare. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cells.h"
#include "memory.h"
#include "runner.h"
#include "tests.h"

static struct xdt_cell map(const char *label, struct xdt_cell c)
{
	uint64_t size;

	c.phys = memory_of(RAM, label, &size);
	if (ioctl(device_open(label), XDT_IOC_CELL, &c))
		fail("XDT_IOC_CELL: %s", strerror(errno));
	if (c.seen[XDT_MAP].hits)
		fail("%s", c.seen[XDT_MAP].first);
	return c;
}

/* Bouncing is forced, but the memory must stay the same for both sides. */
void special_require_coherent(const void *arg)
{
	struct xdt_cell c = map("coherent", (struct xdt_cell) {
		.size = PAGE, .force = 1, .require_coherent = 1,
	});

	if (!c.ret)
		fail("0x%llx is mapped at 0x%llx", c.phys, c.dma_addr);
}

void special_zero_length_bounced(const void *arg)
{
	struct xdt_cell c = map("plain", (struct xdt_cell) { .force = 1 });

	if (!c.ret)
		fail("nothing is mapped at 0x%llx", c.dma_addr);
}

void special_zero_length(const void *arg)
{
	struct xdt_cell c = map("coherent", (struct xdt_cell) { .dir = TO_DEVICE });

	if (c.ret)
		fail("mapping returned %d", c.ret);
}

/* One page, and more than the largest bounce buffer. */
void special_alloc_pages(const void *arg)
{
	static const uint64_t sizes[] = { PAGE, 2 * XDT_BOUNCE_MAX };
	unsigned int i;

	for (i = 0; i < COUNT(sizes); i++) {
		struct xdt_pages p = { .size = sizes[i] };

		if (ioctl(device_open("plain"), XDT_IOC_PAGES, &p))
			fail("no %llu bytes: %s", p.size, strerror(errno));
		if (p.phys != p.device)
			fail("page 0x%llx, the device has 0x%llx", p.phys, p.device);
	}
}

/* So dma_max_mapping_size() is the size of a bounce buffer for every device. */
void special_foreign_pages(const void *arg)
{
	struct xdt_cell c = map("plain", (struct xdt_cell) {
		.size = 2 * PAGE, .dir = TO_DEVICE, .foreign = 1,
	});

	if (c.ret || c.right || c.dma_addr == XDT_FOREIGN)
		fail("mapping of 2 frames returned %d, DMA address 0x%llx", c.ret,
		     c.dma_addr);
	c = map("plain", (struct xdt_cell) {
		.size = 2 * XDT_BOUNCE_MAX, .dir = TO_DEVICE, .foreign = 1,
	});
	if (!c.ret)
		fail("%llu bytes are mapped at 0x%llx", c.size, c.dma_addr);
}

/* The zeroes that the kernel has written reach memory before the device writes. */
void special_from_device(const void *arg)
{
	struct xdt_provoke p = { .size = PAGE, .by_xen = 1, .from_device = 1 };
	struct xdt_seen seen;
	uint64_t size;

	p.phys = memory_of(RAM, "plain", &size);
	seen_take(&seen);
	if (ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p) || !seen_take(&seen))
		fail("no detector: %s", strerror(errno));
	if (seen.ops != FROM_DEVICE_OP)
		fail("Xen does operation %u, wanted %u", seen.ops, FROM_DEVICE_OP);
}

/* More than 32 bits, and nothing is there. */
#define WIDE_PHYS	0x123456000ull

void special_wide_flush(const void *arg)
{
	struct xdt_provoke p = { .phys = WIDE_PHYS, .size = PAGE, .by_xen = 1 };
	struct xdt_seen seen;

	seen_take(&seen);
	if (ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p) || !seen_take(&seen))
		fail("no detector: %s", strerror(errno));
	if (seen.next != WIDE_PHYS + PAGE)
		fail("Xen was asked up to 0x%llx, wanted 0x%llx", seen.next,
		     WIDE_PHYS + PAGE);
}

/* The CPU maintains memory that memblock has; the detector says at which address. */
static void synced_by_cpu(uint64_t phys)
{
	struct xdt_wide w = { .phys = phys, .size = PAGE };
	struct xdt_seen seen;
	char text[64];

	seen_take(&seen);
	if (ioctl(device_open("plain"), XDT_IOC_WIDE, &w) || !seen_take(&seen))
		fail("XDT_IOC_WIDE: %s", strerror(errno));
	snprintf(text, sizeof(text), "arch_sync_dma_for_cpu of 0x%llx+%lu",
		 (unsigned long long)phys, PAGE);
	if (!strstr(seen.first, text))
		fail("%s", seen.first[0] ? seen.first : "nothing was maintained");
}

void special_wide_sync(const void *arg)
{
	synced_by_cpu(WIDE_PHYS);
}

/*
 * A limit, before and after the series: memory that the balloon driver has added by
 * hotplug is in memblock, and a foreign frame with such an address counts as local.
 */
void special_hotplugged_memory(const void *arg)
{
	synced_by_cpu(HOLE_PHYS);
}
