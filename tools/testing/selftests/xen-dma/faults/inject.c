// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../outcome.h"
#include "inject.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

static const char * const settings[][2] = {
	{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
	{ DEBUGFS "failslab/verbose", "0" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ DEBUGFS "fail_page_alloc/min-order", "0" },
	{ DEBUGFS "fail_page_alloc/verbose", "0" },
};

void inject_setup(void)
{
	unsigned int i;

	if (access(FAIL_NTH, F_OK))
		skip("the kernel injects no faults: %s: %s", FAIL_NTH, strerror(errno));
	for (i = 0; i < COUNT(settings); i++)
		file_put(settings[i][0], settings[i][1]);
}

/* Open the file before an allocation may fail: to open it needs memory. */
static int fail_nth(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = file_open(FAIL_NTH, O_RDWR);
	return fd;
}

static void fail_nth_put(unsigned int n)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_nth(), text, size, 0) != size)
		fail("%s: %s", FAIL_NTH, strerror(errno));
}

/* Return how many allocations are left until one would have failed; 0: it has. */
static unsigned int fail_nth_left(void)
{
	char text[16] = "";

	if (pread(fail_nth(), text, sizeof(text) - 1, 0) < 1)
		fail("%s: %s", FAIL_NTH, strerror(errno));
	return strtoul(text, NULL, 10);
}

void inject_arm(int fd, const struct inject *how, unsigned int n)
{
	struct faults_refuse r = { .cmd = how->cmd, .nth = n, .code = how->code };

	if (how->memory)
		fail_nth_put(n);
	else
		file_call(fd, FAULTS_IOC_REFUSE, &r, "FAULTS_IOC_REFUSE");
}

bool inject_disarm(int fd, const struct inject *how)
{
	struct faults_refuse r = { 0 };
	unsigned int left;

	if (how->memory) {
		left = fail_nth_left();
		fail_nth_put(0);
		return !left;
	}
	file_call(fd, FAULTS_IOC_REFUSE, &r, "FAULTS_IOC_REFUSE");
	return r.refused;
}
