/* SPDX-License-Identifier: GPL-2.0 */
/* The one checker of pages: tests and controls use it for all that they read. */
#ifndef XEN_DMA_FRAMES_CHECK_H
#define XEN_DMA_FRAMES_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_WORDS	(4096 / sizeof(uint64_t))

/* The pages that were read, and their faults. */
struct found {
	unsigned long pages;
	unsigned long foreign;	/* pages that show the pattern of the other domain */
	unsigned long wrong;	/* pages without the expected content */
	char first[200];	/* the first fault, as text */
};

/* Check @pages pages; @about names them in the text of a fault. */
void check_pages(struct found *f, const void *have, const void *want, size_t pages,
		 const char *about);

#endif /* XEN_DMA_FRAMES_CHECK_H */
