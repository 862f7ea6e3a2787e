/* SPDX-License-Identifier: GPL-2.0 */
/* Random calls of the DMA API, and checks of all pages that they show. */
#ifndef XEN_DMA_FRAMES_CALLS_H
#define XEN_DMA_FRAMES_CALLS_H

#include "check.h"

struct calls {
	struct found found;
	unsigned long done;	/* calls of the module */
	unsigned long refused;	/* allocations that the kernel refused */
	unsigned long buffers;
	unsigned long mappings;
	unsigned long tables;
	unsigned long moves;	/* by the device, between memory and its own */
	unsigned long streams;	/* round trips of streaming mappings */
	unsigned long bounced;	/* streaming mappings, of two for each round trip */
};

/* Make random calls for some seconds; stop at the first fault. */
void calls_make(struct calls *c, unsigned int seed, unsigned int seconds);

#endif /* XEN_DMA_FRAMES_CALLS_H */
