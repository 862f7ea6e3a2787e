/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of what is mapped for which device: every row is a test for each
 * of its checks, and has a cell for every way to map, sync and unmap that
 * cells.c makes of sizes, offsets, directions and forms.
 */
#ifndef XEN_DMA_CELLS_H
#define XEN_DMA_CELLS_H

#include <stdbool.h>
#include <stdint.h>

struct row {
	const char *name;
	const char *label;	/* of the device that it is mapped for */
	enum { RAM, STATIC, DYNAMIC, HOLE, REGISTERS, DEVICE_PAGES, OUTSIDE } memory;
	/*
	 * What must happen: cache maintenance by the CPU, of the memory or of
	 * its bounce buffer; none, because it is the device's own pool (Xen's
	 * before mainline_kernel()), no memory, or the device is coherent;
	 * maintenance by Xen; an error.
	 */
	enum { BY_CPU, BOUNCED, OWN, MMIO, COHERENT, BY_XEN, REFUSED } must;
	int code;		/* what Xen answers, 0 or a negative errno */
};

/* enum dma_data_direction */
enum { BOTH, TO_DEVICE, FROM_DEVICE, DIRECTIONS };

/* What is checked of the cells of a row. */
enum check {
	TRANSLATED,	/* nothing is maintained that the MMU cannot translate */
	ADDRESS,	/* mapped, and the DMA address is that of the memory */
	MAINTENANCE,	/* by the CPU or Xen, and how often, at each step */
	BOUNCE,		/* the first two, where a bounce buffer is wanted */
	DATA,		/* a bounce buffer has what the other side wrote */
	CHECKS
};

extern const char * const check_names[CHECKS];

bool row_has(const struct row *row, enum check check);

struct row_check {
	const struct row *row;
	enum check check;
};

/* Once, before the first row. */
void cells_init(void);

/* One check of one row; the first of a row does all its cells. */
void cells_check(const void *arg);

#endif /* XEN_DMA_CELLS_H */
