// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../buffer.h"
#include "../memory.h"
#include "../outcome.h"
#include "tests.h"

void case_run(const char *device, struct xdt_case *c)
{
	int fd = device_open(device);
	unsigned int i;
	uint64_t size;

	c->phys = memory_of(MEMORY_RAM, device, &size);
	if (ioctl(fd, XDT_IOC_CASE, c))
		fail("XDT_IOC_CASE: %s", strerror(errno));
	close(fd);
	if (c->ret)
		fail("mapping returned %d", c->ret);
	for (i = 0; i < XDT_STEPS; i++)
		if (c->seen[i].hits || c->seen[i].missed)
			fail("%u probes were missed, and hits: %s", c->seen[i].missed,
			     c->seen[i].first);
	if (c->data && (!c->compared || c->wrong_data))
		fail("%u entries were compared, %u are wrong", c->compared, c->wrong_data);
}
