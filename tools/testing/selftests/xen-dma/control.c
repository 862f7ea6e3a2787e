// SPDX-License-Identifier: GPL-2.0
/* The controls: each check must see what it is there to see. */
#include <setjmp.h>
#include <signal.h>

#include "runner.h"
#include "tests.h"

void control_wrong_page(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map;
	char why[WHY];

	buffer_mmap_how(&b, XDT_MMAP_NEXT_PAGE);
	map = buffer_map(&b, 0, 2);
	if (pages_right(&b, map, 0, 2, why))
		fail("the page after the right one counts as right");
	if (device_sees(&b, map, 0, PAGE, 7, why) ||
	    process_sees(&b, map, 0, PAGE, 8, why))
		fail("the content of another page counts as the same");
}

void control_memory_type(const void *arg)
{
	const struct kind *k = arg;
	struct buffer b = buffer_get(k);
	char why[WHY];

	buffer_mmap_how(&b, XDT_MMAP_DEVICE_TYPE);
	if (memattr_right(&b, buffer_map(&b, 0, b.pages), k->memattr, why))
		fail("device memory counts as Normal non-cacheable");
}

static sigjmp_buf bus;

static void on_bus(int sig)
{
	siglongjmp(bus, 1);
}

void control_unaligned(const void *arg)
{
	struct buffer b = buffer_get(arg);

	buffer_mmap_how(&b, XDT_MMAP_DEVICE_TYPE);
	signal(SIGBUS, on_bus);
	if (!sigsetjmp(bus, 1)) {
		touch_unaligned(buffer_map(&b, 0, b.pages));
		skip("this machine does not check alignment on device memory");
	}
}

void control_leak(const void *arg)
{
	long lost;

	if (!leak_seen(arg, BUFFER, &lost))
		fail("%d pages kept, and %ld missing", CYCLES, lost);
}

void control_sg_leak(const void *arg)
{
	long lost;

	if (!leak_seen(arg, SGTABLE, &lost))
		fail("%d scatterlists kept, and %ld pages missing",
		     CYCLES * TABLES, lost);
}
