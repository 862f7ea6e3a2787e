/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the xen-dma selftest asks of its kernel module.
 *
 * Every test device of the device tree is a file /dev/xen-dma-test-<label>.
 * One open file holds at most one DMA buffer; closing it frees the buffer.
 * read() and write() see the buffer as the device would: through a kernel
 * mapping made from the DMA address, not through what the allocator returned.
 * mmap() goes through dma_mmap_attrs().
 */
#ifndef XEN_DMA_TEST_H
#define XEN_DMA_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define XDT_DEV_PREFIX		"/dev/xen-dma-test-"

/* How xdt_alloc.flags asks for the buffer. */
#define XDT_NO_KERNEL_MAPPING	(1u << 0)	/* DMA_ATTR_NO_KERNEL_MAPPING */
#define XDT_WRITE_COMBINE	(1u << 1)	/* DMA_ATTR_WRITE_COMBINE */
#define XDT_ATOMIC		(1u << 2)	/* GFP_ATOMIC */

/* How xdt_mmap.how makes mmap() go wrong, for the controls of the test. */
#define XDT_MMAP_DMA		0	/* dma_mmap_attrs(), as a driver would */
#define XDT_MMAP_DEVICE_TYPE	1	/* right page, mapped as device memory */
#define XDT_MMAP_NEXT_PAGE	2	/* right type, the page after the right one */

struct xdt_info {
	__u32 initial_domain;	/* 1 in dom0 under Xen */
	__u32 coherent;		/* dev_is_dma_coherent() */
	__u32 private_pool;	/* the device has memory of its own */
	__u32 page_size;	/* bytes */
	char ops[64];		/* symbol of the device's dma_map_ops */
};

/* What dma_alloc_attrs() has returned as CPU address. */
#define XDT_CPU_COOKIE		0	/* no address that the kernel maps */
#define XDT_CPU_LINEAR		1	/* of the linear map */
#define XDT_CPU_REMAPPED	2	/* of the vmalloc area */

struct xdt_alloc {
	__u64 size;		/* in: bytes */
	__u32 flags;		/* in: XDT_* */
	__u32 has_page;		/* out: the first frame has a struct page */
	__u32 cpu_kind;		/* out: XDT_CPU_* */
	__u32 in_pool;		/* out: all of it lies in the device's own pool */
	__u64 dma_addr;		/* out */
	__u64 cpu_addr;		/* out: as returned, an address or a cookie */
	__u64 phys;		/* out: CPU physical address of dma_addr */
};

struct xdt_sgtable {
	__u32 keep;		/* in: leak the table, for the control */
	__u32 nents;		/* out */
	__u64 phys;		/* out: of the first entry */
	__u64 length;		/* out: bytes, all entries */
};

struct xdt_translate {
	__u64 addr;		/* in: an address of the calling process */
	__u64 pfn;		/* out: in the page table, 0 if there is none */
	__u32 fault;		/* out: 1 if the MMU does not translate it */
	__u32 status;		/* out: of the fault, as in PAR_EL1.FST */
	__u32 pad;
	__u32 memattr;		/* out: memory type, as in MAIR_EL1 */
};

struct xdt_mmap {
	__u32 how;		/* XDT_MMAP_* */
	__u32 set_pgoff;	/* overwrite vm_pgoff by the next field */
	__u64 pgoff;		/* pages */
};

/* What xdt_flush.op asks of Xen, as in GNTTABOP_cache_flush. */
#define XDT_FLUSH_CLEAN		(1u << 0)
#define XDT_FLUSH_INVAL		(1u << 1)

struct xdt_flush {
	__u64 phys;		/* in: machine address; its whole page is flushed */
	__u32 op;		/* in: XDT_FLUSH_* */
	__s32 ret;		/* out: what the hypercall returned */
};

#define XDT_IOC_INFO		_IOR('X', 0, struct xdt_info)
#define XDT_IOC_ALLOC		_IOWR('X', 1, struct xdt_alloc)
#define XDT_IOC_FREE		_IO('X', 2)
#define XDT_IOC_SGTABLE		_IOWR('X', 3, struct xdt_sgtable)
#define XDT_IOC_TRANSLATE	_IOWR('X', 4, struct xdt_translate)
#define XDT_IOC_MMAP		_IOW('X', 5, struct xdt_mmap)
#define XDT_IOC_FLUSH		_IOWR('X', 6, struct xdt_flush)

#endif /* XEN_DMA_TEST_H */
