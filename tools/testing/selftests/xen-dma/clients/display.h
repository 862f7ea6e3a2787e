/* SPDX-License-Identifier: GPL-2.0 */
/* Displays, used as programs use them. */
#ifndef XEN_DMA_CLIENTS_DISPLAY_H
#define XEN_DMA_CLIENTS_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "drm.h"

struct display {
	const char *name;
	unsigned int seed;	/* of its picture */
	bool shows;		/* it has a connector */
	bool pool;
	unsigned int fills;	/* buffers of 2 MiB that fill its memory, if that is limited */
	const char *machine;	/* the only machine that has it; NULL: all others */
	bool only_granted;	/* has no tests of its own: its buffers are granted */
	uint32_t format;	/* of its pictures, as in struct dumb */
};

#ifndef __arm__		/* has one display, which is none of these */
enum {
	DISPLAY_POOL,
	DISPLAY_PLAIN,		/* without a pool */
	DISPLAY_COOKIE,		/* buffers without kernel mapping; shows nothing */
	DISPLAY_QEMU,		/* a controller that QEMU emulates, with a pool */
	DISPLAY_DYNAMIC,	/* with a pool that dom0 places */
};
#endif

extern const struct display displays[];

/* Return whether to test the display here: only dom0 has those with a pool. */
bool display_is_here(const struct display *s);

/* Add the tests of each display. */
void display_add(void);

/* Add the tests of buffers that two displays share (not on 32-bit ARM). */
void prime_add(void);

/* End the test as failed if a picture is not the painted one. */
void right(const uint8_t *p, const struct dumb *d, unsigned int seed);

/*
 * Ask the rig, on the console, for a picture of the memory that the display reads.
 * Return when the rig has answered.
 */
void ask_for_picture(const char *name, const char *display, const struct dumb *d,
		     unsigned int seed);

#endif /* XEN_DMA_CLIENTS_DISPLAY_H */
