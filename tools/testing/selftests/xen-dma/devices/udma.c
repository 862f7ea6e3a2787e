// SPDX-License-Identifier: GPL-2.0
/* A driver that is not part of the kernel, with one buffer for each device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "tests.h"

static int udma_open(const char *label)
{
	char path[64];

	snprintf(path, sizeof(path), UDMA_FILE "%s", label);
	return file_open(path, O_RDWR);
}

static uint8_t *udma_map(int fd)
{
	uint8_t *p = mmap(NULL, UDMA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	return p;
}

static void udma_mmap(const void *label)
{
	int fd = udma_open(label), plain = device_open("plain");
	uint8_t *p = udma_map(fd), seen[PAGE];
	unsigned int i, j;
	char why[WHY];
	uint64_t phys;

	file_call(fd, UDMA_IOC_PHYS, &phys, "UDMA_IOC_PHYS");
	for (i = 0; i < UDMA_SIZE / PAGE; i++)
		memset(p + i * PAGE, i + 1, PAGE);
	if (!pfns_right(plain, p, 0, UDMA_SIZE / PAGE, phys / PAGE, why))
		fail("%s", why);
	for (i = 0; i < UDMA_SIZE / PAGE; i++) {
		if (pread(fd, seen, PAGE, i * PAGE) != (ssize_t)PAGE)
			fail("read: %s", strerror(errno));
		for (j = 0; j < PAGE; j++)
			if (seen[j] != i + 1)
				fail("the device sees 0x%02x at %lu", seen[j], i * PAGE + j);
	}
}

/* The detector sees a sync of memory that the kernel does not map. */
static void udma_sync(const void *label)
{
	int fd = udma_open(label);
	unsigned int i;

	for (i = 0; i < 100; i++)
		file_call(fd, UDMA_IOC_SYNC, NULL, "UDMA_IOC_SYNC");
}

void udma_add(void)
{
	test_add("udma_plain", "mmap", udma_mmap, "plain");
	test_add("udma_plain", "sync", udma_sync, "plain");
	test_add("udma_pool", "mmap", udma_mmap, "pool");
	test_add("udma_pool", "sync", udma_sync, "pool");
}
