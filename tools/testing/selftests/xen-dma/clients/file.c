// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file.h"
#include "../outcome.h"

int file_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

void file_call(int fd, unsigned long request, void *arg, const char *name)
{
	if (ioctl(fd, request, arg))
		fail("%s: %s", name, strerror(errno));
}

void file_put(const char *path, const char *text)
{
	int fd = file_open(path, O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}
