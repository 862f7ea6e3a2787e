/* SPDX-License-Identifier: GPL-2.0 */
/* The memory that the tests map, and the results of the fault detector. */
#ifndef XEN_DMA_MEMORY_H
#define XEN_DMA_MEMORY_H

#include <stdlib.h>

#include "buffer.h"

/* Bytes of the largest bounce buffer of swiotlb. */
#define XDT_BOUNCE_MAX		(256ul << 10)

/*
 * The machine's memory map (dom0/test-devices.dtsi): dom0 has no memory at
 * HOLE_PHYS, but some in the same section of 128 MiB, so it has a struct page.
 * The narrow device reaches nothing between NARROW_END and FIRST_BANK_END
 * without bouncing.
 */
#ifdef __arm__
#define FIRST_BANK	0x08000000
#define HOLE_HAS_PAGES	0	/* no struct page where memblock has nothing */
#else
#define FIRST_BANK	0x0c000000
#define HOLE_HAS_PAGES	1
#endif
/* Xen's operation before a device writes. */
#ifdef __arm__
#define FROM_DEVICE_OP	XDT_FLUSH_INVAL
#else
#define FROM_DEVICE_OP	XDT_FLUSH_CLEAN
#endif

#define RAM_PHYS	machine_address("ram")
#define UART_PHYS	machine_address("registers")
#define NARROW_END	(RAM_PHYS + 0x24000000)
#define FIRST_BANK_END	(RAM_PHYS + 0x20000000 + FIRST_BANK)
/* The linear map ends here: a bank ends, or the pool of dom0's memory begins. */
#define BANK_END	machine_address("end")
#define HOLE_PHYS	machine_address("hole")
#define STATIC_PHYS	machine_address("static")

enum memory_kind {
	MEMORY_RAM,
	MEMORY_STATIC_POOL,	/* the pool of the device "static-pool" */
	MEMORY_DYNAMIC_POOL,	/* the pool of the device "dynamic-pool" */
	MEMORY_HOLE,		/* no memory of dom0 */
	MEMORY_REGISTERS,
	MEMORY_DEVICE_PAGES,	/* made by memremap_pages() */
	MEMORY_OUTSIDE,		/* a pool at no memory of the machine */
};

/* Return an address that the device tree has for the tests. */
uint64_t machine_address(const char *name);

/* Return the properties of a device, from the kernel. */
struct xdt_info info_of(const char *label);

/*
 * Return the physical address of a kind of memory, and its size.  End the test
 * as skipped if no driver could map it.
 */
uint64_t memory_of(enum memory_kind memory, const char *label, uint64_t *size);

/* Take the hits and counts since the last call; false without a detector. */
bool seen_take(struct xdt_seen *seen);

/* Return the properties of the kernel; without a device, those of a new kernel. */
struct xdt_info kernel_info(void);

/* Return all that the kernel has logged so far. */
const char *kernel_log(void);

/*
 * Return whether the part "next" of the series is for this kernel.  Only such
 * kernels run the tests of its improvements.
 */
bool mainline_kernel(void);

/* Return whether the kernel has the DMA operations of the part "speed". */
bool speed_kernel(void);

/*
 * Return whether this is a direct-mapped domain other than dom0: it has no reserved
 * memory, and one bank.
 */
static inline bool in_domain(void)
{
	return getenv("XEN_DMA_DOMAIN");
}

/*
 * Return the address of memory that the kernel does not map, and Xen does not let
 * it maintain.
 */
uint64_t unmapped_memory(void);

/* Return whether to print every case. */
bool cases_are_shown(void);

#endif /* XEN_DMA_MEMORY_H */
