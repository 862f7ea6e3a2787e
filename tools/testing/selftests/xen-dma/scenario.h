/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scenario maps one kind of memory for one device.  It has a case for every way
 * to map, sync and unmap: sizes, offsets, directions and forms.
 */
#ifndef XEN_DMA_SCENARIO_H
#define XEN_DMA_SCENARIO_H

#include "memory.h"

/* The expected result of a map, and who maintains the caches. */
enum scenario_expect {
	SCENARIO_BY_CPU,	/* the CPU, of the memory */
	SCENARIO_BOUNCED,	/* the CPU, of the bounce buffer */
	SCENARIO_OWN_POOL,	/* nobody, or Xen before mainline_kernel() */
	SCENARIO_MMIO,		/* nobody: it is no memory */
	SCENARIO_COHERENT,	/* nobody: the device is coherent */
	SCENARIO_BY_XEN,	/* Xen, by hypercall */
	SCENARIO_REFUSED,	/* the map returns an error */
};

struct scenario {
	const char *device;	/* label */
	enum memory_kind memory;
	enum scenario_expect expect;
	int xen_answer;		/* to a hypercall, 0 or a negative errno */
};

/* The values of enum dma_data_direction. */
enum dir {
	DIR_BOTH,
	DIR_TO_DEVICE,
	DIR_FROM_DEVICE,
	DIRS
};

/* A property that all cases of a scenario must have. */
enum check {
	CHECK_TRANSLATED,	/* the MMU translates all that is maintained */
	CHECK_ADDRESS,		/* mapped, and the DMA address is the memory's */
	CHECK_MAINTENANCE,	/* by the CPU or Xen, and its number, at each step */
	CHECK_BOUNCE,		/* the first two, where a bounce buffer is due */
	CHECK_DATA,		/* a bounce buffer has the other side's data */
	CHECKS
};

/* Call once, before the first test. */
void scenario_init(void);

/* Check a scenario; the first check of each runs all its cases. */
void scenario_check(const struct scenario *scenario, enum check check);

#endif /* XEN_DMA_SCENARIO_H */
