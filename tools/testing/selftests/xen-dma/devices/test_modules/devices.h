/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The interface between the program and its module. */
#ifndef XEN_DMA_DEVICES_H
#define XEN_DMA_DEVICES_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FRAME_SIZE	(64 << 10)	/* bytes of a video frame, by default */
#define UDMA_SIZE	(64 << 10)	/* bytes of a buffer of the driver in udma.c */

/* Files of the drivers, with the label of the device. */
#define UDMA_FILE	"/dev/xen-dma-udma-"
#define GROW_FILE	"/dev/xen-dma-grow-"

/* Sync the buffer of an open UDMA_FILE for the CPU, and for the device. */
#define UDMA_IOC_SYNC	_IO('U', 0)
/* Return the physical address of the buffer. */
#define UDMA_IOC_PHYS	_IOR('U', 1, __u64)

/*
 * Map pages, of which each is bounced, and hold all at once.  Compare the data of both
 * directions, and unmap.
 */
struct grow {
	__u32 pages;		/* in */
	__u32 mapped;		/* out */
	__u32 outside;		/* out: DMA addresses that the device does not reach */
	__u32 direct;		/* out: pages that are not bounced */
	__u32 wrong;		/* out: pages with other data than the other side's */
	__u32 pad;
	__u64 lowest;		/* out: DMA addresses */
	__u64 highest;
	__u64 mask;		/* out: of the device */
};

#define GROW_IOC_MAP	_IOWR('U', 2, struct grow)

#endif /* XEN_DMA_DEVICES_H */
