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
	__u32 write_combine;	/* in: DMA_ATTR_WRITE_COMBINE */
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

/* Copy what the pages of the buffer's scatterlist show. */
struct xde_sg_read {
	__u64 to;		/* in: address in the process */
	__u64 size;		/* in: bytes, those of the buffer's pages */
};

/*
 * Let the device read data from new memory that is mapped for it, and write the
 * same data to other memory, which has XDE_FILL elsewhere.
 */
struct xde_stream {
	__u64 data;		/* in: address in the process; it is read, and then written */
	__u32 size;		/* in: bytes to map, XDE_STREAM_MAX at most */
	__u32 offset;		/* in: of the bytes that the device moves */
	__u32 length;		/* in: XDE_DEVICE_SIZE at most */
	__u32 sync;		/* in: use the memory while it is mapped */
	__u32 bounced;		/* out: mappings with another frame than that of the memory */
	__u32 pad;
};

#define XDE_STREAM_MAX		65536
#define XDE_FILL		0xa5

#define XDE_IOC_INFO		_IOR('E', 0, struct xde_info)
#define XDE_IOC_ALLOC		_IOWR('E', 1, struct xde_alloc)
#define XDE_IOC_MOVE		_IOW('E', 2, struct xde_move)
#define XDE_IOC_SGTABLE		_IOR('E', 3, struct xde_sgtable)
/* For the control: map the machine frames as if they were dom0's own. */
#define XDE_IOC_RAW_FRAME	_IO('E', 4)
#define XDE_IOC_SG_READ		_IOW('E', 5, struct xde_sg_read)
#define XDE_IOC_STREAM		_IOWR('E', 6, struct xde_stream)
/* For controls: let the device use this machine address in place of the buffer's. */
#define XDE_IOC_AIM		_IOW('E', 7, __u64)

#endif /* XEN_DMA_EDU_H */
