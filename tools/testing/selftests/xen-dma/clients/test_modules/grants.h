/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What dom0 does with the frames that a second domain has granted. */
#ifndef XEN_DMA_CLIENTS_GRANTS_H
#define XEN_DMA_CLIENTS_GRANTS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GRANTS_DEVICE	"/dev/xen-dma-grants"
#define GRANTS_PAGES	2048

struct grants_result {
	__u32 die;		/* in: the domain is destroyed while its frames are mapped */
	__u32 cpus;		/* out: that took part */
	__u32 in_section;	/* out: frames that share a section with dom0's memory */
	__u32 wrong_here;	/* out: frames that dom0 did not see as they were written */
	__u32 wrong_there;	/* out: ... or the other domain; -1 if it does not answer */
	__u32 not_mapped;	/* out: that could not be mapped for the device, or elsewhere */
	__u32 not_unmapped;	/* out: grants whose mapping could not be ended */
};

#define GRANTS_RUN	_IOWR('G', 1, struct grants_result)

#endif /* XEN_DMA_CLIENTS_GRANTS_H */
