/* SPDX-License-Identifier: GPL-2.0 */
/* Tests of kinds of devices and of memory. */
#ifndef XEN_DMA_DEVICES_TESTS_H
#define XEN_DMA_DEVICES_TESTS_H

#include "test_modules/devices.h"

/*
 * Map and unmap ordinary memory for a device.  The test has failed if the map fails, if
 * the fault detector sees something, or if data is wrong.
 */
struct xdt_case;
void case_run(const char *device, struct xdt_case *c);

void restricted_add(void);	/* devices that may use no memory but their pool */
void hidden_add(void);		/* a device behind an IOMMU that Xen hides */
void grow_add(void);		/* bounce buffers that are added while they are used */
void video_add(void);		/* videobuf2-dma-contig */
void udma_add(void);		/* a driver that is not part of the kernel */

#endif /* XEN_DMA_DEVICES_TESTS_H */
