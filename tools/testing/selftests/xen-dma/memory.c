// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <unistd.h>

#include "memory.h"
#include "outcome.h"

uint64_t machine_address(const char *name)
{
	uint64_t addr = 0;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/device-tree/%sxen-dma-test-machine/%s",
		 in_domain() ? "passthrough/" : "", name);
	f = fopen(path, "r");
	if (!f || fread(&addr, sizeof(addr), 1, f) != 1)
		fail("%s is not in the device tree", path);
	fclose(f);
	return be64toh(addr);
}

struct xdt_info info_of(const char *label)
{
	int fd = device_open(label);
	struct xdt_info i;

	if (ioctl(fd, XDT_IOC_INFO, &i))
		fail("XDT_IOC_INFO: %s", strerror(errno));
	close(fd);
	return i;
}

static uint64_t pool_of(const char *label, uint64_t *size)
{
	struct xdt_info i = info_of(label);

	if (!i.pool_has_page && !i.maps_mmio)
		skip("the pool has no struct pages, and this kernel maps nothing without");
	*size = i.pool_size;
	return i.pool_phys;
}

uint64_t memory_of(enum memory_kind memory, const char *label, uint64_t *size)
{
	struct xdt_ram r = { .from = NARROW_END, .below = FIRST_BANK_END };

	switch (memory) {
	case MEMORY_STATIC_POOL:
		return pool_of("static-pool", size);
	case MEMORY_DYNAMIC_POOL:
		return pool_of("dynamic-pool", size);
	case MEMORY_OUTSIDE:
		return pool_of("outside", size);
	case MEMORY_DEVICE_PAGES:
		r.device_pages = 1;
		break;
	case MEMORY_HOLE:
		*size = XDT_RAM;
		return HOLE_PHYS;
	case MEMORY_REGISTERS:
		*size = PAGE;
		return UART_PHYS;
	case MEMORY_RAM:
		break;
	}
	*size = XDT_RAM;
	if (ioctl(device_open(label), XDT_IOC_RAM, &r))
		fail("no memory from 0x%llx to 0x%llx: %s", r.from, r.below,
		     strerror(errno));
	return r.phys;
}

struct xdt_info kernel_info(void)
{
	int fd = open(XDT_DEV_PREFIX "plain", O_RDWR | O_CLOEXEC);
	struct xdt_info i = { .bounces_small = 1 };

	if (fd >= 0) {
		ioctl(fd, XDT_IOC_INFO, &i);
		close(fd);
	}
	return i;
}

const char *kernel_log(void)
{
	static char log[1 << 20];
	int n = klogctl(3 /* read all */, log, sizeof(log) - 1);

	if (n < 0)
		fail("kernel log: %s", strerror(errno));
	log[n] = 0;
	return log;
}

bool mainline_kernel(void)
{
	return getenv("XEN_DMA_MAINLINE");
}

bool speed_kernel(void)
{
	return getenv("XEN_DMA_SPEED");
}

uint64_t unmapped_memory(void)
{
	uint64_t size;

	return memory_of(in_domain() ? MEMORY_HOLE : MEMORY_STATIC_POOL, "plain", &size);
}

bool cases_are_shown(void)
{
	return getenv("XEN_DMA_CASES");
}
