// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"
#include "outcome.h"
#include "watch.h"

/* Shared by the processes of all tests. */
static struct {
	unsigned int hits;
	char first[sizeof(((struct xdt_seen *)0)->first)];
} *stray;

void watch_init(void)
{
	stray = mmap(NULL, sizeof(*stray), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stray == MAP_FAILED) {
		perror("# mmap");
		exit(1);
	}
}

void watch_begin(void)
{
	struct xdt_seen seen;

	if (!seen_take(&seen) || !seen.hits)
		return;
	if (!stray->hits)
		memcpy(stray->first, seen.first, sizeof(stray->first));
	stray->hits += seen.hits;
}

void watch_end(void)
{
	struct xdt_seen seen;

	if (seen_take(&seen) && (seen.hits || seen.missed))
		fail("detector: %u hits, %u missed, %s", seen.hits, seen.missed,
		     seen.first);
}

void watch_stray(void)
{
	watch_begin();
	if (stray->hits)
		fail("%u hits outside of all tests, %s", stray->hits, stray->first);
}
