// SPDX-License-Identifier: GPL-2.0
/* "xen_dma_test bench": the cost of a mapping, on a machine that counts. */
#include <stdio.h>
#include <sys/ioctl.h>

#include "bench.h"
#include "scenario.h"

#define PAIRS		2000

static const struct {
	const char *name;
	const char *device;	/* label */
	enum memory_kind memory;
} bench_cases[] = {
	{ .name = "RAM,no pool", .device = "plain", .memory = MEMORY_RAM },
	{ .name = "RAM,has a pool", .device = "static-pool", .memory = MEMORY_RAM },
	{ .name = "RAM,coherent", .device = "coherent", .memory = MEMORY_RAM },
	{
		.name = "static pool,owner",
		.device = "static-pool",
		.memory = MEMORY_STATIC_POOL,
	},
	{
		.name = "dynamic pool,owner",
		.device = "dynamic-pool",
		.memory = MEMORY_DYNAMIC_POOL,
	},
	{ .name = "static pool,another", .device = "plain", .memory = MEMORY_STATIC_POOL },
	{ .name = "dynamic pool,another", .device = "plain", .memory = MEMORY_DYNAMIC_POOL },
};

/* Print the costs of one case; return 0, or -1 if the kernel refuses. */
static int bench_one(unsigned int i, uint64_t bytes, enum dir dir)
{
	const char *device = bench_cases[i].device;
	uint64_t size;
	struct xdt_bench b = {
		.phys = memory_of(bench_cases[i].memory, device, &size),
		.size = bytes, .dir = dir, .pairs = PAIRS,
	};

	if (ioctl(device_open(device), XDT_IOC_BENCH, &b)) {
		perror("# XDT_IOC_BENCH");
		return -1;
	}
	printf("# cost,%s,%llu,%s,%.1f,%u\n", bench_cases[i].name, b.size,
	       dir == DIR_TO_DEVICE ? "to" : "from", (double)b.ns / PAIRS, b.flushes);
	fflush(stdout);
	return 0;
}

int bench(void)
{
	static const uint64_t sizes[] = { PAGE, 16 * PAGE };
	unsigned int i, s, dir;

	for (i = 0; i < COUNT(bench_cases); i++)
		for (s = 0; s < COUNT(sizes); s++)
			for (dir = DIR_TO_DEVICE; dir <= DIR_FROM_DEVICE; dir++)
				if (bench_one(i, sizes[s], dir))
					return 1;
	printf("# costs complete\n");
	return 0;
}
