// SPDX-License-Identifier: GPL-2.0
/* A file of its own, for programs that use no other test device. */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "memory.h"

bool seen_take(struct xdt_seen *seen)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(XDT_DEV_PREFIX "plain", O_RDWR | O_CLOEXEC);
	return fd >= 0 && !ioctl(fd, XDT_IOC_SEEN, seen);
}
