/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The test of frames that a second domain has granted to dom0. */
#ifndef XEN_DMA_CLIENTS_GRANTS_H
#define XEN_DMA_CLIENTS_GRANTS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GRANTS_DEVICE	"/dev/xen-dma-grants"
#define GRANTS_PAGES	2048

struct grants_result {
	__u32 die;		/* in: destroy the domain while frames are mapped */
	__u32 cpus;		/* out: CPUs that took part */
	__u32 in_section;	/* out: frames that share a section with dom0's memory */
	__u32 wrong_here;	/* out: frames with wrong contents in dom0 */
	__u32 wrong_there;	/* out: and in the guest; -1 if it does not answer */
	__u32 not_mapped;	/* out: frames not mapped, or at a wrong DMA address */
	__u32 not_unmapped;	/* out: grants that could not be unmapped */
};

#define GRANTS_RUN	_IOWR('G', 1, struct grants_result)

#endif /* XEN_DMA_CLIENTS_GRANTS_H */
