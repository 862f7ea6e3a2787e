/* SPDX-License-Identifier: GPL-2.0 */
/* The interface of xen_dma_edu.ko: one open file of /dev/xen-dma-edu, one buffer. */
#ifndef XEN_DMA_EDU_H
#define XEN_DMA_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct xde_info {
	__u32 pv_domain;
	__u32 initial_domain;
	char ops[64];		/* symbol of the device's dma_map_ops */
};

struct xde_alloc {
	__u64 size;		/* in: bytes */
	__u32 no_mapping;	/* in: DMA_ATTR_NO_KERNEL_MAPPING */
	__u32 pad;
	__u64 dma_addr;		/* out: a machine address */
	__u64 phys;		/* out: of the CPU address */
};

/* Let the device copy bytes between the buffer and its own memory. */
struct xde_move {
	__u64 offset;		/* in: bytes, in the buffer */
	__u32 size;		/* in: bytes, XDE_DEVICE_SIZE at most */
	__u32 to_memory;	/* in: 0: it reads the buffer, 1: it writes to it */
};

/* The device has 4096 bytes; older QEMU does not allow access to the last one. */
#define XDE_DEVICE_SIZE		4032

struct xde_sgtable {
	__u64 phys;		/* out: of the first entry */
	__u64 length;		/* out: bytes, all entries */
};

#define XDE_IOC_INFO		_IOR('E', 0, struct xde_info)
#define XDE_IOC_ALLOC		_IOWR('E', 1, struct xde_alloc)
#define XDE_IOC_MOVE		_IOW('E', 2, struct xde_move)
#define XDE_IOC_SGTABLE		_IOR('E', 3, struct xde_sgtable)
/* For the control: map the machine frames as if they were dom0's own. */
#define XDE_IOC_RAW_FRAME	_IO('E', 4)

#endif /* XEN_DMA_EDU_H */
