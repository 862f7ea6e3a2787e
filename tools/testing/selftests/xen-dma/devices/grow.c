// SPDX-License-Identifier: GPL-2.0
/* Bounce buffers with SWIOTLB_DYNAMIC: more than the kernel has when it starts. */
#include <fcntl.h>
#include <stdio.h>

#include "../clients/file.h"
#include "../clients/runner.h"
#include "../outcome.h"
#include "tests.h"

/* Pages that are mapped at once: 16 MiB, and the kernel starts with 4 MiB. */
#define PAGES	4096

static int grow_open(const char *label)
{
	char path[64];

	snprintf(path, sizeof(path), GROW_FILE "%s", label);
	return file_open(path, O_RDWR);
}

/* There is no file if the driver cannot set its mask. */
static void grow_mask(const void *label)
{
	grow_open(label);
}

static struct grow map(const char *label)
{
	struct grow g = { .pages = PAGES };

	file_call(grow_open(label), GROW_IOC_MAP, &g, "GROW_IOC_MAP");
	if (g.outside || g.direct || g.wrong)
		fail("%u of 0x%llx to 0x%llx out of reach (0x%llx), %u not bounced, %u wrong",
		     g.outside, g.lowest, g.highest, g.mask, g.direct, g.wrong);
	return g;
}

static void grow_map(const void *label)
{
	struct grow g = map(label);

	if (g.mapped != g.pages)
		fail("%u of %u pages are mapped", g.mapped, g.pages);
}

/* A restricted pool of 4 MiB does not grow; all of it is there again afterwards. */
static void grow_full(const void *label)
{
	struct grow first = map(label), second = map(label);

	if (first.mapped != 1024 || second.mapped != 1024)
		fail("%u pages are mapped, and then %u, wanted 1024", first.mapped,
		     second.mapped);
}

void grow_add(void)
{
	/* The first one: it must not find what others have added. */
	test_add("grow_narrow", "mask", grow_mask, "narrow");
	test_add("grow_narrow", "map", grow_map, "narrow");
	test_add("grow_plain", "mask", grow_mask, "plain");
	test_add("grow_plain", "map", grow_map, "plain");
	test_add("grow_plain", "again", grow_map, "plain");
	test_add("grow_restricted", "full", grow_full, "restricted");
}
