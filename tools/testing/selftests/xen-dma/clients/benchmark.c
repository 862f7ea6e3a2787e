// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/map_benchmark.h>

#include "file.h"
#include "../outcome.h"
#include "benchmark.h"

#define DEBUGFS		"/sys/kernel/debug"
#define THEIRS		"dma_map_benchmark"
#define DRIVER		"/sys/bus/platform/drivers/" THEIRS "/"

static void measure(const char *label, int fd, unsigned int threads, unsigned int granule)
{
	struct map_benchmark b = {
		.threads = threads, .granule = granule, .seconds = 1, .node = -1,
		.dma_bits = 64, .dma_dir = DMA_MAP_BIDIRECTIONAL,
	};

	if (ioctl(fd, DMA_MAP_BENCHMARK, &b))
		fail("%u threads, %u pages: %s", threads, granule, strerror(errno));
	printf("# benchmark %s, %u threads, %u pages: map %llu, unmap %llu\n", label, threads,
	       granule, b.avg_map_100ns, b.avg_unmap_100ns);
}

void map_benchmark(const void *label)
{
	unsigned int threads, granule;
	char device[64], path[128];
	int fd;

	if (mount("debugfs", DEBUGFS, "debugfs", 0, NULL) && errno != EBUSY)
		fail(DEBUGFS ": %s", strerror(errno));
	snprintf(device, sizeof(device), "benchmark-%s", (const char *)label);
	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/driver_override", device);
	file_put(path, THEIRS);
	file_put(DRIVER "bind", device);
	fd = file_open(DEBUGFS "/" THEIRS, O_RDWR);
	for (threads = 1; threads <= 4; threads += 3)
		for (granule = 1; granule <= 64; granule *= 2)
			measure(label, fd, threads, granule);
	close(fd);
	file_put(DRIVER "unbind", device);
}
