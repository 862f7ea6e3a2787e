/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between the program and its module.
 *
 * An open file does one operation for one device, as often as it is asked.  The
 * program decides which allocation or hypercall of a run fails.
 */
#ifndef XEN_DMA_FAULTS_H
#define XEN_DMA_FAULTS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FAULTS_FILE	"/dev/xen-dma-faults"
#define FAULTS_OBJECTS	200	/* that the control of kmemleak forgets */

/* Operations; each run undoes what it has done. */
enum {
	FAULTS_ALLOC,		/* dma_alloc_attrs() */
	FAULTS_PAGES,		/* dma_alloc_pages() */
	FAULTS_NONCONTIGUOUS,	/* dma_alloc_noncontiguous(), and a mapping */
	FAULTS_SGTABLE,		/* dma_get_sgtable_attrs() of a buffer */
	FAULTS_MAP,		/* dma_map_page(), sync both ways, unmap */
	FAULTS_SG,		/* dma_map_sgtable(), the same */
	FAULTS_RESOURCE,	/* dma_map_resource() */
	FAULTS_GRANTS,		/* gnttab_map_refs() of grants, mapped for the device */
	FAULTS_FOREIGN,		/* an entry in the p2m, mapped for the device; Xen's caches */
	FAULTS_DECLARE,		/* a private pool for a new device */
	FAULTS_RESERVED,	/* the device's reserved memory, as in a probe */
	FAULTS_OPS
};

/* The values of faults_op.flags. */
#define FAULTS_COOKIE		0x01	/* DMA_ATTR_NO_KERNEL_MAPPING */
#define FAULTS_WRITE_COMBINE	0x02	/* DMA_ATTR_WRITE_COMBINE */
#define FAULTS_ATOMIC		0x04	/* GFP_ATOMIC */
#define FAULTS_BOUNCE		0x08	/* bouncing is forced */
#define FAULTS_BAD_REF		0x10	/* one grant does not exist */
/* Faults of the operation itself, for the controls. */
#define FAULTS_IGNORE		0x100	/* an error counts as success */
#define FAULTS_LEAK		0x200	/* nothing is undone before the next run */
#define FAULTS_EARLY		0x400	/* grants end while they are mapped */

struct faults_op {
	char label[32];		/* of the test device */
	__u32 op;		/* FAULTS_* */
	__u32 flags;
	__u64 size;		/* bytes */
};

struct faults_run {
	__s32 ret;		/* 0, or the error of the operation */
	__u32 wrong;		/* line of the first check that failed, or 0 */
};

struct faults_counts {
	__u32 pool;		/* free pages of the device's own pool */
	__u32 entries;		/* of the p2m, for pages of the operation */
	__u32 granted;		/* grants that Xen did not let end */
};

/* Fill what the device allocates or maps, run the operation once, and free all. */
struct faults_fill {
	__u64 size;		/* in: bytes of each piece */
	__u32 spare;		/* in: pieces to free again before the operation */
	__u32 count;		/* out: pieces */
	__s32 ret;		/* out: of the operation, in this state */
	__u32 wrong;		/* out: line of the check that has failed, or 0 */
};

/* Grants of dom0 to itself; the first word of each frame is its number. */
#define FAULTS_REFS	4

struct faults_refs {
	__u32 refs[FAULTS_REFS];	/* out */
};

/* The calls of this task that are refused instead of made. */
struct faults_refuse {
	__u32 cmd;		/* in: GNTTABOP_* */
	__u32 nth;		/* in: 1 refuses the first, 0 none */
	__s32 code;		/* in: its answer */
	__u32 calls;		/* out: calls since the last request */
	__u32 refused;		/* out: of these */
};

#define FAULTS_IOC_PREPARE	_IOW('F', 0, struct faults_op)
#define FAULTS_IOC_RUN		_IOR('F', 1, struct faults_run)
#define FAULTS_IOC_COUNTS	_IOR('F', 2, struct faults_counts)
#define FAULTS_IOC_FILL		_IOWR('F', 3, struct faults_fill)
/* Return the counts for the last request, and begin another one. */
#define FAULTS_IOC_REFUSE	_IOWR('F', 4, struct faults_refuse)
/* Forget objects, for the control of kmemleak. */
#define FAULTS_IOC_FORGET	_IO('F', 5)
/* Free the kernel's mappings that it keeps for later. */
#define FAULTS_IOC_SETTLE	_IO('F', 6)
/* Grant the frames of FAULTS_GRANTS, and end that. */
#define FAULTS_IOC_GRANT	_IOR('F', 7, struct faults_refs)
#define FAULTS_IOC_END		_IO('F', 8)

#endif /* XEN_DMA_FAULTS_H */
