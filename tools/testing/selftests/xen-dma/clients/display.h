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
};

extern const struct display displays[];

/* Return whether this domain has the display: only dom0 has one with a pool. */
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
