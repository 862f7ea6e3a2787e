/* SPDX-License-Identifier: GPL-2.0 */
/* Where the memory is that the cells map, and what the detector saw of it. */
#ifndef XEN_DMA_MEMORY_H
#define XEN_DMA_MEMORY_H

#include "buffer.h"

/* The largest mapping that swiotlb has a bounce buffer for, bytes. */
#define XDT_BOUNCE_MAX		(256ul << 10)

/*
 * The machine's memory map (dom0/test-devices.dtsi): dom0 has no memory at
 * HOLE_PHYS, but some in the same section of 128 MiB, so it has a struct page.
 * The narrow device reaches nothing between NARROW_END and FIRST_BANK_END
 * without bouncing.
 */
#define HOLE_PHYS	0x6d000000ull
#define NARROW_END	0x64000000ull
#define FIRST_BANK_END	0x6c000000ull
#define UART_PHYS	0x09000000ull

/* What the kernel says of a device. */
struct xdt_info info_of(const char *label);

/* Physical address of a kind of memory (enum in struct row), and its size. */
uint64_t memory_of(unsigned int memory, const char *label, uint64_t *size);

/* What the detector saw since it was last asked; false without a detector. */
bool seen_take(struct xdt_seen *seen);

/* ... of itself; as a new kernel would, if there is no device to ask. */
struct xdt_info kernel_info(void);

/* All that the kernel has said so far. */
const char *kernel_log(void);

/* Whether every cell is to be printed. */
bool cells_are_shown(void);

#endif /* XEN_DMA_MEMORY_H */
