// SPDX-License-Identifier: GPL-2.0
/* The fault detector sees what it is there to see, and nothing else. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cells.h"
#include "memory.h"
#include "runner.h"
#include "tests.h"

static struct xdt_seen provoke(uint64_t phys, uint64_t size, bool for_cpu)
{
	struct xdt_provoke p = { .phys = phys, .size = size, .for_cpu = for_cpu };
	struct xdt_seen seen;

	if (!seen_take(&seen) || ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p) ||
	    !seen_take(&seen))
		fail("no detector: %s", strerror(errno));
	return seen;
}

static void saw(struct xdt_seen seen, unsigned int hits, unsigned int pages)
{
	if (seen.syncs != 1 || seen.hits != hits || seen.pages != pages)
		fail("%u calls, %u hits, %u pages; wanted 1, %u, %u", seen.syncs,
		     seen.hits, seen.pages, hits, pages);
}

void detector_fires(const void *arg)
{
	static const char * const name[] = { "arch_sync_dma_for_device",
					     "arch_sync_dma_for_cpu" };
	uint64_t size, phys = memory_of(STATIC, "plain", &size);
	unsigned int i;

	for (i = 0; i < COUNT(name); i++) {
		struct xdt_seen seen = provoke(phys + 100, PAGE, i);

		saw(seen, 1, 2);
		if (!strstr(seen.first, name[i]) ||
		    !strstr(seen.first, "+4096, called by xdt_provoke"))
			fail("it says: %s", seen.first);
	}
}

void detector_is_silent(const void *arg)
{
	uint64_t size, phys = memory_of(RAM, "plain", &size);

	saw(provoke(phys, 64, false), 0, 1);
	saw(provoke(phys, size, false), 0, size / PAGE);
	saw(provoke(phys, size, true), 0, size / PAGE);
	saw(provoke(phys, 0, true), 0, 0);
}

/* Of two pages only the second has no translation: dom0's bank ends there. */
void detector_sees_each_page(const void *arg)
{
	saw(provoke(FIRST_BANK_END - PAGE, PAGE, false), 0, 1);
	saw(provoke(FIRST_BANK_END - PAGE, PAGE + 1, false), 1, 2);
	saw(provoke(FIRST_BANK_END - PAGE, PAGE + 1, true), 1, 2);
}

void detector_counts_hypercalls(const void *arg)
{
	uint64_t size, phys = memory_of(STATIC, "plain", &size);
	struct xdt_flush f = { .phys = phys, .op = XDT_FLUSH_CLEAN };
	struct xdt_seen seen;
	int fd = device_open("plain"), i;

	seen_take(&seen);
	for (i = 0; i < 3; i++)
		if (ioctl(fd, XDT_IOC_FLUSH, &f))
			fail("XDT_IOC_FLUSH: %s", strerror(errno));
	seen_take(&seen);
	if (seen.flushes != 3 || seen.refused != 3 || seen.code != -EPERM || seen.missed)
		fail("%u hypercalls, %u refused (%d), %u missed; wanted 3, 3 (%d), 0",
		     seen.flushes, seen.refused, seen.code, seen.missed, -EPERM);
}

/* Not of the detector, but with what it counts: a range that is Xen's. */
void xen_maintains_each_page(const void *arg)
{
	uint64_t size, phys = memory_of(RAM, "plain", &size) + 0x800;
	struct xdt_provoke p = { .phys = phys, .size = 3 * PAGE, .by_xen = 1 };
	struct xdt_seen seen;

	seen_take(&seen);
	if (ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p) || !seen_take(&seen))
		fail("no detector: %s", strerror(errno));
	if (seen.flushes != 4 || seen.flushed != p.size || seen.jumps ||
	    seen.next != phys + p.size)
		fail("%u hypercalls for %llu bytes with %u jumps to 0x%llx, not 4, %llu, 0, 0x%llx",
		     seen.flushes, seen.flushed, seen.jumps, seen.next, p.size,
		     (unsigned long long)phys + p.size);
}

/* The last test: the detector saw nothing between the tests. */
void detector_elsewhere(const void *arg)
{
	struct xdt_seen seen;

	if (!seen_take(&seen))
		fail("no detector");
	if (stray_hits() + seen.hits)
		fail("%u hits outside of all tests, %s", stray_hits() + seen.hits,
		     stray_hits() ? first_stray() : seen.first);
}
