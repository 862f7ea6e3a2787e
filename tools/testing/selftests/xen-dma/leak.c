// SPDX-License-Identifier: GPL-2.0
/* Nothing of a buffer, its mapping or its scatterlist may stay behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "leak.h"
#include "outcome.h"

long leak_free_pages(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY);
	long sum = 0, n;
	char line[128];
	FILE *f;

	/* The totals lag behind the counts of each CPU. */
	if (refresh < 0 || write(refresh, "1", 1) != 1)
		fail("/proc/sys/vm/stat_refresh: %s", strerror(errno));
	close(refresh);

	f = fopen("/proc/zoneinfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " nr_free_pages %ld", &n) == 1 ||
		    sscanf(line, " count: %ld", &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

/* Returns: pages less than before, after LEAK_CYCLES; @what is left behind. */
static long leaked(const struct buffer_kind *kind, enum leak_of what)
{
	long before = leak_free_pages();
	unsigned int i, j;

	for (i = 0; i < LEAK_CYCLES; i++) {
		struct xdt_sgtable s = { .keep = what == LEAK_SGTABLE };
		struct buffer b = buffer_get(kind);
		uint8_t *map = buffer_map(&b, 0, b.pages);

		for (j = 0; j < LEAK_TABLES; j++)
			ioctl(b.fd, XDT_IOC_SGTABLE, &s);
		munmap(map, b.pages * PAGE);
		if (what != LEAK_BUFFER)
			buffer_put(&b);
	}
	return before - leak_free_pages();
}

/* The limit is half a page for each cycle; the smallest leak is twice that. */
bool leak_seen(const struct buffer_kind *kind, enum leak_of what, long *lost)
{
	leaked(kind, LEAK_NOTHING);	/* allocations that are done once and kept */
	*lost = leaked(kind, what);
	return *lost >= LEAK_CYCLES / 2;
}
