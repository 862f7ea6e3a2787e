// SPDX-License-Identifier: GPL-2.0
/*
 * Let a second domain use its disk without end.  The rig counts requests and
 * instructions from outside, between two comments on the console.  Then count the
 * calls of functions, with probes, which cost instructions.
 */
#define _GNU_SOURCE	/* O_DIRECT, GLOB_BRACE */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../buffer.h"
#include "../outcome.h"
#include "backend.h"
#include "disk.h"
#include "file.h"
#include "rate.h"
#include "runner.h"

#define TRACING		"/sys/kernel/tracing"
#define REQUESTS	BACKEND_DEVICES "/vbd-*/statistics/{rd,wr}_req"

/* Bytes that the domain writes, and reads again, before and in a measurement. */
#define WARM		(2 * DISK_BYTES)
#define MEASURED	(16 * DISK_BYTES)

static const struct {
	const char *event, *function;
} probes[] = {
	{ "lookups", "__pfn_to_mfn" },
	{ "maps", "xen_swiotlb_map_phys" },
	{ "maps_of_own", "dma_direct_map_phys" },	/* part "speed" of the series */
	{ "maps_of_others", "xen_dma_map_other" },
	{ "merges", "xen_biovec_phys_mergeable" },	/* two lookups each */
	{ "by_xen_to", "xen_dma_sync_for_device" },	/* hypercalls */
	{ "by_xen_from", "xen_dma_sync_for_cpu" },
};

struct calls {
	unsigned long hits, missed;
};

/* Count the requests of the domain that blkback has taken. */
static unsigned long requests(void)
{
	unsigned long sum = 0, n;
	glob_t files;
	size_t i;

	if (glob(REQUESTS, GLOB_BRACE, NULL, &files))
		fail("there is no " REQUESTS);
	for (i = 0; i < files.gl_pathc; i++) {
		FILE *f = fopen(files.gl_pathv[i], "r");

		if (!f || fscanf(f, "%lu", &n) != 1)
			fail("%s cannot be read", files.gl_pathv[i]);
		fclose(f);
		sum += n;
	}
	globfree(&files);
	return sum;
}

/* Search the kernel's symbols; kprobe_events has other errors in each release. */
static bool kernel_has(const char *function)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	bool found = false;
	char name[128];

	if (!f)
		fail("/proc/kallsyms: %s", strerror(errno));
	while (!found && fscanf(f, "%*s %*s %127s%*[^\n]", name) == 1)
		found = !strcmp(name, function);
	fclose(f);
	return found;
}

/* Switch a probe; return whether the kernel has the function. */
static bool probe(unsigned int i, bool on)
{
	char text[128];
	int fd;

	if (on) {
		if (!kernel_has(probes[i].function))
			return false;
		snprintf(text, sizeof(text), "p:xen_dma/%s %s", probes[i].event,
			 probes[i].function);
		fd = file_open(TRACING "/kprobe_events", O_WRONLY | O_APPEND);
		if (write(fd, text, strlen(text)) < 0)
			fail("%s: %s", text, strerror(errno));
		close(fd);
	}
	snprintf(text, sizeof(text), TRACING "/events/xen_dma/%s/enable", probes[i].event);
	file_put(text, on ? "1" : "0");
	return true;
}

static struct calls calls_of(const char *event)
{
	FILE *f = fopen(TRACING "/kprobe_profile", "r");
	struct calls c;
	char name[64];

	while (f && fscanf(f, "%63s %lu %lu", name, &c.hits, &c.missed) == 3)
		if (!strcmp(name, event)) {
			fclose(f);
			return c;
		}
	fail("there is no event %s in " TRACING "/kprobe_profile", event);
}

/* Print the calls of each function while the backend takes requests. */
static void count(const char *mode)
{
	bool has[COUNT(probes)];
	unsigned long before;
	struct calls c;
	unsigned int i;

	if (mount("tracefs", TRACING, "tracefs", 0, NULL) && errno != EBUSY)
		fail(TRACING ": %s", strerror(errno));
	for (i = 0; i < COUNT(probes); i++)
		has[i] = probe(i, true);
	before = requests();
	backend_wait(MEASURED);
	printf("# calls %s, requests %lu\n", mode, requests() - before);
	for (i = 0; i < COUNT(probes); i++) {
		if (!has[i]) {
			printf("# calls %s, %s none\n", mode, probes[i].event);
			continue;
		}
		probe(i, false);
		c = calls_of(probes[i].event);
		if (c.missed)
			fail("%lu calls of %s were missed", c.missed, probes[i].function);
		printf("# calls %s, %s %lu\n", mode, probes[i].event, c.hits);
	}
	/* Remove the probes: the numbers of the next measurement begin at 0. */
	close(file_open(TRACING "/kprobe_events", O_WRONLY | O_TRUNC));
}

/* Check the disk: the domain has written the same data again and again. */
static void check_disk(void)
{
	uint32_t *words = disk_buffer(DISK_BYTES);
	int fd = file_open(BACKEND_DISK, O_RDWR | O_DIRECT);
	unsigned int wrong;

	disk_read(fd, words, DISK_BYTES, 0);
	wrong = disk_wrong(words, 0);
	if (wrong)
		fail("%u words on the disk are not what the domain has written", wrong);
	close(fd);
}

static void measure(const char *mode, const char *persistent)
{
	backend_remove();
	file_put(BACKEND_PERSISTENT, persistent);
	backend_command(BACKEND_CREATE " -e 'extra=\"workload=disk same=1\"'");
	backend_wait(WARM);
	printf("# rate %s begins\n", mode);
	answered();
	backend_wait(MEASURED);
	printf("# rate %s ends\n", mode);
	answered();
	count(mode);
	backend_command("xl destroy disk");
	backend_is_gone();
	check_disk();
}

static void persistent(const void *arg)
{
	measure("persistent", "Y");
}

static void each_request(const void *arg)
{
	measure("each_request", "N");
}

void rate_add(void)
{
	test_add("rate", "toolstack", backend_start, NULL);
	test_add("rate", "persistent", persistent, NULL);
	test_add("rate", "each_request", each_request, NULL);
}
