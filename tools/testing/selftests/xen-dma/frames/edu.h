/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers of the edu device, with the content that the tests expect. */
#ifndef XEN_DMA_FRAMES_EDU_H
#define XEN_DMA_FRAMES_EDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../edu/test_modules/xen_dma_edu.h"
#include "check.h"

#define PAGE		4096ul
#define MAX_PAGES	1024	/* 4 MiB */

struct edu {
	int fd;
	size_t pages;
	struct xde_alloc alloc;
	uint64_t *content;	/* all pages of the buffer must show this */
	char about[40];
};

/* Allocate a buffer; false if the kernel has no such memory. */
bool edu_get(struct edu *b, size_t pages, bool no_mapping, bool write_combine);
void edu_put(struct edu *b);

/* Write words that are unique to each page of each buffer, through the kernel's mapping. */
void edu_fill(struct edu *b, unsigned int serial);

/* Map some pages; NULL if the kernel refuses. */
void *edu_map(const struct edu *b, size_t first, size_t pages);

/* Let the device copy bytes within the buffer, and note the content. */
void edu_move(struct edu *b, size_t from, size_t to, unsigned int size);

/* Let the device copy bytes between the buffer and its own memory. */
void edu_device(const struct edu *b, size_t offset, unsigned int size, bool to_memory);

/* Return what the kernel's mapping of the buffer shows. */
const void *edu_read(const struct edu *b);

/* Return what the pages of the scatterlist show. */
const void *edu_table(const struct edu *b);

#endif /* XEN_DMA_FRAMES_EDU_H */
