/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_CLIENTS_H
#define XEN_DMA_CLIENTS_H

#include <linux/irqreturn.h>
#include <linux/remoteproc.h>
#include <linux/workqueue.h>

#define SERVICE		"xen-dma-echo-"	/* prefix of a service's name */
#define VQ_SIZE		64		/* messages each way */
#define RING_ALIGN	4096
#define ECHO_MAX	496		/* bytes of data in a message of 512 */

/* From the remoteproc core, which declares it for its own directory only. */
irqreturn_t rproc_vq_interrupt(struct rproc *rproc, int vq_id);

enum { TO_HOST, TO_REMOTE, VRINGS };

/* A pool of the device, for the remote processor. */
struct pool {
	phys_addr_t phys;
	dma_addr_t dma;			/* its address for the remote processor */
	size_t size;
	void *va;
};

struct remote {
	struct rproc *rproc;
	struct work_struct work;
	const char *label;
	struct pool rings, messages;
	u16 seen[VRINGS];		/* index of the next entry, in each ring */
	bool announced, dead;
	bool shifted;			/* messages have a bus address of their own */
	bool physical;			/* the last address of a message was physical */
	struct {
		struct resource_table head;
		u32 offset;
		struct fw_rsc_hdr hdr;
		struct fw_rsc_vdev vdev;
		struct fw_rsc_vdev_vring vring[VRINGS];
	} __packed table;
};

/* Handle a kick of the host; in remote.c. */
void remote_work(struct work_struct *work);

extern struct platform_driver remote_driver;
extern struct rpmsg_driver echo_driver;

#endif /* XEN_DMA_CLIENTS_H */
