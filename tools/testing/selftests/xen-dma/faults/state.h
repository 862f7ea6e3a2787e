/* SPDX-License-Identifier: GPL-2.0 */
/* Counts of all that an operation might leave behind. */
#ifndef XEN_DMA_FAULTS_STATE_H
#define XEN_DMA_FAULTS_STATE_H

#include <stdbool.h>

#include "test_modules/faults.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define KMEMLEAK	DEBUGFS "kmemleak"

struct state {
	struct faults_counts c;
	long slots;		/* of the bounce buffers, in use */
};

/* @fd is an open FAULTS_FILE, after FAULTS_IOC_PREPARE. */
struct state state_of(int fd);

/* Compare two states; write the differences to @why, which has WHY bytes. */
bool state_same(const struct state *before, const struct state *after, char *why);

/*
 * Return the pages of memory that are free, or used for slab: what slab keeps for
 * later, and what KASAN has in quarantine, is no leak.  kmemleak sees that memory.
 */
long pages_left(int fd);

/* Let kmemleak look for lost memory; write the first find to @why. */
bool memory_is_lost(char *why);

#endif /* XEN_DMA_FAULTS_STATE_H */
