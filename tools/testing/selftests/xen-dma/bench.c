// SPDX-License-Identifier: GPL-2.0
/* What mapping costs: "xen_dma_test bench", for a machine that counts. */
#include <stdio.h>
#include <sys/ioctl.h>

#include "bench.h"
#include "cells.h"
#include "memory.h"

#define PAIRS		2000

static const struct {
	const char *name;
	const char *label;	/* of the device */
	unsigned int memory;	/* as in struct row */
} rows[] = {
	{ "RAM,no pool", "plain", RAM },
	{ "RAM,has a pool", "static-pool", RAM },
	{ "RAM,coherent", "coherent", RAM },
	{ "static pool,owner", "static-pool", STATIC },
	{ "dynamic pool,owner", "dynamic-pool", DYNAMIC },
	{ "static pool,another", "plain", STATIC },
	{ "dynamic pool,another", "plain", DYNAMIC },
};

int bench(void)
{
	static const uint64_t sizes[] = { PAGE, 16 * PAGE };
	unsigned int i, s, dir;

	for (i = 0; i < COUNT(rows); i++)
		for (s = 0; s < COUNT(sizes); s++)
			for (dir = TO_DEVICE; dir <= FROM_DEVICE; dir++) {
				uint64_t size;
				struct xdt_bench b = {
					.phys = memory_of(rows[i].memory, rows[i].label, &size),
					.size = sizes[s], .dir = dir, .pairs = PAIRS,
				};

				if (ioctl(device_open(rows[i].label), XDT_IOC_BENCH, &b)) {
					perror("# XDT_IOC_BENCH");
					return 1;
				}
				printf("# cost,%s,%llu,%s,%.1f,%u\n", rows[i].name,
				       b.size, dir == TO_DEVICE ? "to" : "from",
				       (double)b.ns / PAIRS, b.flushes);
				fflush(stdout);
			}
	printf("# costs complete\n");
	return 0;
}
