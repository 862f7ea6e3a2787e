// SPDX-License-Identifier: GPL-2.0
/*
 * A restricted DMA pool: the device may access nothing else.  All of its mappings are
 * bounced there, and its buffers are allocated from there.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../buffer.h"
#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "../scenario.h"
#include "tests.h"

#define BUFFER	(64ul << 10)	/* bytes */
#define MOST	200		/* more buffers than a pool has */

static void in_pool(const char *device, uint64_t dma, uint64_t size)
{
	struct xdt_info i = info_of(device);

	/* These devices have the addresses of the CPU. */
	if (dma < i.pool_phys || dma + size > i.pool_phys + i.pool_size)
		fail("DMA address 0x%llx+%llu, the pool is 0x%llx+%llu",
		     (unsigned long long)dma, (unsigned long long)size, i.pool_phys,
		     i.pool_size);
}

static void check_buffer(const char *device, unsigned int flags)
{
	struct buffer_kind kind = { .device = device, .flags = flags, .size = BUFFER };
	struct buffer b = buffer_get(&kind);
	struct xdt_sgtable s = { 0 };
	char why[WHY];
	uint8_t *map;

	in_pool(device, b.a.dma_addr, BUFFER);
	map = buffer_map(&b, 0, b.pages);
	if (!pages_right(&b, map, 0, b.pages, why) ||
	    !device_sees(&b, map, 0, BUFFER, 1, why) ||
	    !process_sees(&b, map, 0, BUFFER, 2, why))
		fail("%s", why);
	if (ioctl(b.fd, XDT_IOC_SGTABLE, &s))
		fail("scatterlist: %s", strerror(errno));
	if (s.phys != b.a.phys || s.length != BUFFER)
		fail("scatterlist of 0x%llx+%llu, the buffer is at 0x%llx", s.phys, s.length,
		     b.a.phys);
}

static void restricted_buffer(const void *device)
{
	check_buffer(device, 0);
}

static void restricted_cookie(const void *device)
{
	check_buffer(device, XDT_NO_KERNEL_MAPPING);
}

static void check_bounced(const char *device, struct xdt_case c)
{
	case_run(device, &c);
	in_pool(device, c.dma_addr, c.size);
}

static void restricted_map(const void *device)
{
	static const uint64_t sizes[] = { 64, PAGE, 16 * PAGE, XDT_BOUNCE_MAX };
	unsigned int i;

	for (i = 0; i < COUNT(sizes); i++) {
		struct xdt_case c = {
			.size = sizes[i], .stride = sizes[i], .sync_size = sizes[i],
			.dir = DIR_BOTH, .data = 1,
		};

		check_bounced(device, c);
		c.nents = 2;
		check_bounced(device, c);
	}
}

/* Two frames of another domain.  A scatterlist reports its first entry only. */
static void restricted_foreign(const void *device)
{
	check_bounced(device, (struct xdt_case) {
		.size = 2 * PAGE, .dir = DIR_TO_DEVICE, .foreign = 1,
	});
}

static unsigned int fill(const char *device)
{
	struct xdt_alloc a = { .size = BUFFER };
	int fds[MOST];
	unsigned int n, i;

	for (n = 0; n < MOST; n++) {
		fds[n] = device_open(device);
		if (ioctl(fds[n], XDT_IOC_ALLOC, &a))
			break;
		in_pool(device, a.dma_addr, BUFFER);
	}
	if (n == MOST)
		fail("%u buffers, and the pool is not full", n);
	if (errno != ENOMEM)
		fail("one buffer more: %s", strerror(errno));
	for (i = 0; i <= n; i++)
		close(fds[i]);
	return n;
}

/* Nearly all of the pool is for buffers, and it holds as many again. */
static void restricted_full(const void *device)
{
	unsigned int first = fill(device), second = fill(device);
	unsigned int room = info_of(device).pool_size / BUFFER;

	if (first < room - room / 8 || first != second)
		fail("%u buffers, and then %u; the pool has the size of %u", first, second,
		     room);
}

static const struct test {
	const char *name;
	void (*fn)(const void *device);
	bool xen;		/* only there */
} tests[] = {
	{ "buffer", restricted_buffer, false },
	{ "cookie", restricted_cookie, false },
	{ "map", restricted_map, false },
	{ "foreign", restricted_foreign, true },
	{ "full", restricted_full, false },
};

void restricted_add(void)
{
	static const char * const pools[][2] = {
		{ "restricted_static", "restricted-static" },
		{ "restricted_dynamic", "restricted-dynamic" },
	};
	bool xen = !access("/proc/device-tree/hypervisor", F_OK);
	unsigned int i, j;

	for (i = 0; i < COUNT(pools); i++)
		for (j = 0; j < COUNT(tests); j++)
			if (xen || !tests[j].xen)
				test_add(pools[i][0], tests[j].name, tests[j].fn, pools[i][1]);
}
