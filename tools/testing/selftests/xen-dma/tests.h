/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests, as the tables of xen_dma_test.c name them. Each runs in a process
 * of its own (see runner.h); what it is given is a struct kind, or what is said
 * beside it.
 */
#ifndef XEN_DMA_TESTS_H
#define XEN_DMA_TESTS_H

#include "buffer.h"

struct device {
	const char *label;
	bool coherent;
	bool private_pool;
};

/* env.c: what is assumed of the machine and of the buffers */
void env_device(const void *arg);
void origin(const void *arg);

/* mapping.c */
void mmap_pfn(const void *arg);
void mmap_to_device(const void *arg);
void mmap_from_device(const void *arg);
void mmap_each_page(const void *arg);
void mmap_bounds(const void *arg);
void mmap_memory_type(const void *arg);
void mmap_unaligned(const void *arg);
void get_sgtable(const void *arg);
void cookie_is_left_alone(const void *arg);
void unmapped_is_gone(const void *arg);

/* Device memory would end this with an alignment fault. */
void touch_unaligned(uint8_t *map);

/* leak.c */
#define CYCLES	256	/* of alloc, map, describe, unmap, free */
#define TABLES	128	/* scatterlists in each: 32 bytes of slab, or none */

enum leak { NOTHING, BUFFER, SGTABLE };

void no_leak(const void *arg);

/*
 * Runs CYCLES and leaves @what behind each time.
 * Returns: whether that is seen; @lost is how many pages are missing.
 */
bool leak_seen(const struct kind *k, enum leak what, long *lost);

/* flush.c: what Xen answers to GNTTABOP_cache_flush; takes a struct flush */
struct flush {
	const char *name;
	const char *label;	/* of the device whose buffer is meant, or NULL */
	uint64_t phys;		/* without one; 0: where Xen itself lies */
	int ret;		/* that is due, 0 or a negative errno */
};

void flush_answer(const void *arg);

/* detector.c */
void detector_fires(const void *arg);
void detector_is_silent(const void *arg);
void detector_sees_each_page(const void *arg);
void detector_counts_hypercalls(const void *arg);
void detector_elsewhere(const void *arg);
void xen_maintains_each_page(const void *arg);

/* misuse.c; those named so take a struct misuse */
struct misuse {
	const char *name;
	void (*fn)(const void *arg);
	const char *label;	/* of the device */
	unsigned int memory;	/* as in struct row */
};

void misuse_released(const void *arg);
void misuse_pool_outside_of_memory(const void *arg);
void no_pool(const void *arg);	/* takes the device's label */
void said_refusal_of_xen(const void *arg);
void said_no_bounce(const void *arg);

/* special.c */
void special_require_coherent(const void *arg);
void special_zero_length(const void *arg);
void special_zero_length_bounced(const void *arg);
void special_alloc_pages(const void *arg);
void special_foreign_pages(const void *arg);
void special_from_device(const void *arg);
void special_wide_flush(const void *arg);
void special_wide_sync(const void *arg);
void special_hotplugged_memory(const void *arg);

/* control.c: each check must see what it is there to see */
void control_wrong_page(const void *arg);
void control_memory_type(const void *arg);
void control_unaligned(const void *arg);
void control_leak(const void *arg);
void control_sg_leak(const void *arg);

#endif /* XEN_DMA_TESTS_H */
