/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of xen_dma_edu.ko. */
#ifndef EDU_H
#define EDU_H

#include <linux/pci.h>

#include "xen_dma_edu.h"

/* A DMA buffer of an open file. */
struct xde_buf {
	void *cpu_addr;
	dma_addr_t dma_addr;
	size_t size;
	unsigned long attrs;
	bool raw_frame;
	dma_addr_t aim;		/* if not 0, the device uses it, and not dma_addr */
};

/* The device; NULL before it is probed. */
extern struct pci_dev *xde_pdev;

/* Register the driver of the device; @found is called when it is probed. */
int xde_register(int (*found)(void));

/* Let the device copy between memory and its own memory. */
int xde_transfer(dma_addr_t memory, size_t size, bool to_memory);

int xde_stream(struct xde_stream *s);

int xde_sgtable(struct xde_buf *b, struct xde_sgtable *s);
int xde_sg_read(struct xde_buf *b, const struct xde_sg_read *r);

#endif /* EDU_H */
