// SPDX-License-Identifier: GPL-2.0
/* Count what a run must not leave behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../leak.h"
#include "../outcome.h"
#include "fuzzer.h"

#define DEBUG		"/sys/kernel/debug/"

/* Return the number of the first line of this form in a file: a number and a letter. */
static long number_in(const char *path, const char *form)
{
	char line[256], letter;
	FILE *f = fopen(path, "r");
	bool found = false;
	long n;

	if (!f)
		fail("%s: %s", path, strerror(errno));
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, form, &n, &letter) == 2;
	fclose(f);
	if (!found)
		fail("%s has no number", path);
	return n;
}

struct counts counts_now(void)
{
	static bool mounted;
	struct counts c = {};
	struct fuzz_pool p = {};
	int fd = open(FUZZ_FILE, O_RDWR | O_CLOEXEC);

	if (!mounted && access(DEBUG "dma_buf", F_OK))
		mount("debugfs", DEBUG, "debugfs", 0, NULL);
	mounted = true;
	if (fd < 0 || ioctl(fd, FUZZ_IOC_COUNTS, &c.own))
		fail(FUZZ_FILE ": %s", strerror(errno));
	for (p.dev = 0; p.dev < FUZZ_DEVICES; p.dev++)
		if (!ioctl(fd, FUZZ_IOC_FREE_PAGES, &p))
			c.pools += p.free;
	close(fd);
	c.slots = number_in(DEBUG "swiotlb/io_tlb_used", "%ld%c");
	c.buffers = number_in(DEBUG "dma_buf/bufinfo", "Total %ld obj%c");
	c.pages = leak_free_pages();
	return c;
}
