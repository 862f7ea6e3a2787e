// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../leak.h"
#include "../outcome.h"
#include "state.h"

/* kmemleak reports only objects that are older, in seconds. */
#define KMEMLEAK_AGE	6
/* Two counts of pages that differ by less are equal. */
#define QUIET_PAGES	8
#define QUIET_TRIES	40

static long number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long n;

	if (!f || fscanf(f, "%ld", &n) != 1)
		fail("%s: %s", path, strerror(errno));
	fclose(f);
	return n;
}

struct state state_of(int fd)
{
	struct state s = { .slots = number_in(DEBUGFS "swiotlb/io_tlb_used") };

	file_call(fd, FAULTS_IOC_COUNTS, &s.c, "FAULTS_IOC_COUNTS");
	return s;
}

bool state_same(const struct state *before, const struct state *after, char *why)
{
	const struct { const char *name; long before, after; } counts[] = {
		{ "free pages of the pool", before->c.pool, after->c.pool },
		{ "entries of the p2m", before->c.entries, after->c.entries },
		{ "grants that do not end", before->c.granted, after->c.granted },
		{ "slots in use", before->slots, after->slots },
	};
	unsigned int i;

	for (i = 0; i < COUNT(counts); i++)
		if (counts[i].before != counts[i].after) {
			snprintf(why, WHY, "%s: %ld before, %ld after", counts[i].name,
				 counts[i].before, counts[i].after);
			return false;
		}
	return true;
}

static long pages_now(void)
{
	long free = leak_free_pages(), slab = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Slab: %ld", &slab) == 1)
			break;
	if (f)
		fclose(f);
	if (!slab)
		fail("/proc/meminfo has no Slab");
	return free + (slab << 10) / (long)PAGE;
}

/* Other threads may free slab between the two counts: wait until it is quiet. */
long pages_left(int fd)
{
	long last, now = 0;
	unsigned int i;

	file_call(fd, FAULTS_IOC_SETTLE, NULL, "FAULTS_IOC_SETTLE");
	for (i = 0; i < QUIET_TRIES; i++) {
		last = now;
		now = pages_now();
		if (labs(now - last) < QUIET_PAGES)
			return now;
		usleep(50000);
	}
	fail("the number of free pages does not settle: %ld, then %ld", last, now);
}

/*
 * An object is "unreferenced object 0x... (size N):", then its process, then the calls
 * that have allocated it, after a line about its bytes.
 */
bool memory_is_lost(char *why)
{
	char line[256];
	unsigned int scans;
	bool lost = false;
	FILE *f;

	if (access(KMEMLEAK, F_OK))
		skip("the kernel has no kmemleak");
	sleep(KMEMLEAK_AGE);
	/* The contents of a suspect must be the same in two scans. */
	for (scans = 0; scans < 2; scans++)
		file_put(KMEMLEAK, "scan");
	f = fopen(KMEMLEAK, "r");
	if (!f)
		fail("%s: %s", KMEMLEAK, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "unreferenced", 12)) {
			if (lost)	/* the first one is enough */
				break;
			snprintf(why, WHY, "%.90s", line);
			lost = true;
		}
		if (lost && strlen(why) + strlen(line) + 2 < WHY && line[0] == ' ' &&
		    strchr(line, '+'))
			sprintf(why + strlen(why), " %s", line + strspn(line, " "));
	}
	fclose(f);
	return lost;
}
