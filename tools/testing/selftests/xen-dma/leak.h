/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_LEAK_H
#define XEN_DMA_LEAK_H

#include "buffer.h"

#define LEAK_CYCLES	256	/* of alloc, map, describe, unmap, free */
#define LEAK_TABLES	128	/* scatterlists in each: 32 bytes of slab, or none */

/* The object that is left behind in each cycle. */
enum leak_of {
	LEAK_NOTHING,
	LEAK_BUFFER,
	LEAK_SGTABLE,
};

/* Return the free pages, including those on the lists of the CPUs. */
long leak_free_pages(void);

/*
 * Run LEAK_CYCLES and leave @what behind in each.
 * Return whether pages are missing; @lost is how many.
 */
bool leak_seen(const struct buffer_kind *kind, enum leak_of what, long *lost);

#endif /* XEN_DMA_LEAK_H */
