/* SPDX-License-Identifier: GPL-2.0 */
/* DMA buffers of the test devices, for the tests. */
#ifndef XEN_DMA_BUFFER_H
#define XEN_DMA_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "test_modules/xen_dma_test.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#ifndef PAGE
#define PAGE		4096ul	/* the kernel's page size; env.* checks it */
#endif
#define XEN_PAGE	4096ul

/* Memory types as PAR_EL1 reports them. */
#define MEMATTR_NORMAL_NC	0x44
#define MEMATTR_NORMAL_WB	0xff

/* The origin of a buffer's memory. */
enum buffer_source {
	SOURCE_PAGES,
	SOURCE_CMA,
	SOURCE_ATOMIC_POOL,
	SOURCE_OWN_POOL,
};

/* A kind of buffer: the device, the allocation, and the expected result. */
struct buffer_kind {
	const char *device;	/* label of the test device */
	unsigned int flags;	/* XDT_* */
	unsigned int memattr;	/* memory type of a user mapping */
	size_t size;		/* bytes */
	unsigned int cpu_kind;	/* XDT_CPU_*: kind of the returned address */
	enum buffer_source source;
};

struct buffer {
	int fd;
	unsigned int pages;
	size_t size;
	struct xdt_alloc a;
};

int device_open(const char *label);

/* All of these end the test as failed if the system says no. */
struct buffer buffer_get(const struct buffer_kind *kind);
void buffer_put(struct buffer *b);
void buffer_mmap_how(struct buffer *b, unsigned int how);
void buffer_set_pgoff(struct buffer *b, uint64_t pgoff);
uint8_t *buffer_map(struct buffer *b, unsigned int page, unsigned int pages);

/* Returns: 0 if mmap() was done (and undone), or its errno. */
int buffer_try_map(struct buffer *b, uint64_t offset, size_t length);

struct xdt_translate translate(int fd, const void *addr);

/*
 * On 32-bit ARM, a stock kernel maps the wrong page for a cookie: a page of its own,
 * which holds struct pages.  The tests must not write to it.
 */
#ifdef __arm__
#define WRONG_PAGE_IS_VITAL	true
#else
#define WRONG_PAGE_IS_VITAL	false
#endif

/*
 * Compare with the expected values, and return true if they are equal.  Else,
 * write the values found to @why, which has WHY bytes.
 */
#define WHY		256
/* @pfn is that of page 0, and @map is a mapping of @pages pages from @page on. */
bool pfns_right(int fd, const uint8_t *map, unsigned int page, unsigned int pages,
		uint64_t pfn, char *why);
bool pages_right(struct buffer *b, uint8_t *map, unsigned int page,
		 unsigned int pages, char *why);
bool memattr_right(struct buffer *b, uint8_t *map, unsigned int want,
		   char *why);
bool device_sees(struct buffer *b, uint8_t *map, size_t offset, size_t length,
		 unsigned int seed, char *why);
bool process_sees(struct buffer *b, uint8_t *map, size_t offset, size_t length,
		  unsigned int seed, char *why);

#endif /* XEN_DMA_BUFFER_H */
