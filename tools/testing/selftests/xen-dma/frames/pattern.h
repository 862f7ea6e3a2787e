/* SPDX-License-Identifier: GPL-2.0 */
/* The pattern of the other domain, which no mapping of dom0 must show. */
#ifndef XEN_DMA_FRAMES_PATTERN_H
#define XEN_DMA_FRAMES_PATTERN_H

#include <stdint.h>

/*
 * Return the word that fills the other domain's memory.  The programs must not
 * have it in their files: dom0 holds these in its own memory.
 */
static inline uint64_t pattern(void)
{
	uint64_t inverse = 0x5c1d3a96e07b24f1;

	/* The compiler must not know the value. */
	asm("" : "+r"(inverse));
	return ~inverse;
}

#endif /* XEN_DMA_FRAMES_PATTERN_H */
