/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_CLIENTS_H
#define XEN_DMA_CLIENTS_H

#include <linux/irqreturn.h>
#include <linux/remoteproc.h>
#include <linux/workqueue.h>

#define SERVICE		"xen-dma-echo-"	/* and a remote processor's label: what it announces */
#define VQ_SIZE		64		/* messages each way */
#define RING_ALIGN	4096
#define ECHO_MAX	496		/* bytes of data in a message of 512 */

/* Of the remoteproc core, which declares it for its own directory only. */
irqreturn_t rproc_vq_interrupt(struct rproc *rproc, int vq_id);

enum { TO_HOST, TO_REMOTE, VRINGS };

/* One of the device's pools, as the remote processor has it. */
struct pool {
	phys_addr_t phys;
	dma_addr_t dma;			/* where the remote processor sees it */
	size_t size;
	void *va;
};

struct remote {
	struct rproc *rproc;
	struct work_struct work;
	const char *label;
	struct pool rings, messages;
	u16 seen[VRINGS];		/* how far it has read the host's rings */
	bool announced, dead;
	bool shifted;			/* it sees messages at an address of its own */
	bool physical;			/* the last address of a message was physical */
	struct {
		struct resource_table head;
		u32 offset;
		struct fw_rsc_hdr hdr;
		struct fw_rsc_vdev vdev;
		struct fw_rsc_vdev_vring vring[VRINGS];
	} __packed table;
};

/* What it does when it is kicked: in remote.c. */
void remote_work(struct work_struct *work);

extern struct platform_driver remote_driver;
extern struct rpmsg_driver echo_driver;

#endif /* XEN_DMA_CLIENTS_H */
