/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between the fuzzer and its module.
 *
 * An open file has numbered objects (memory) and numbered streams (mappings for a
 * device).  The module does one call of the DMA API for each request.  It knows no right
 * answer: the program has a model.
 */
#ifndef XEN_DMA_FUZZ_H
#define XEN_DMA_FUZZ_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FUZZ_FILE	"/dev/xen-dma-fuzz"

/* Labels of devices of ../../test_modules, in the order of their numbers. */
#define FUZZ_LABELS	"plain", "coherent", "offset", "narrow", "static-pool", \
			"dynamic-pool", "onchip-pool"
enum {
	FUZZ_PLAIN, FUZZ_COHERENT, FUZZ_OFFSET, FUZZ_NARROW, FUZZ_STATIC_POOL,
	FUZZ_DYNAMIC_POOL, FUZZ_ONCHIP_POOL,
	FUZZ_OWN,		/* a device of this module, which can be unbound */
	FUZZ_DEVICES
};

#define FUZZ_OBJECTS	64
#define FUZZ_STREAMS	16
#define FUZZ_ENTRIES	8	/* of a scatterlist */
#define FUZZ_BYTES	64

/* The values of fuzz_alloc.flags. */
#define FUZZ_NO_KERNEL_MAPPING	0x01
#define FUZZ_WRITE_COMBINE	0x02
#define FUZZ_FORCE_CONTIGUOUS	0x04
#define FUZZ_SINGLE_PAGES	0x08
#define FUZZ_ATOMIC		0x10	/* GFP_ATOMIC */
#define FUZZ_PAGES		0x20	/* ordinary pages, no DMA buffer */
#define FUZZ_DMA_PAGES		0x40	/* those of dma_alloc_pages() */
#define FUZZ_WEAK_ORDERING	0x80
#define FUZZ_PRIVILEGED		0x100

struct fuzz_alloc {
	__u32 obj;
	__u32 dev;
	__u64 size;		/* bytes */
	__u32 flags;
	__u32 pad;
	__u64 dma;		/* out: DMA address; 0 for pages of alloc_pages() */
	__u64 cpu_pfn;		/* out: frame of the CPU address, or of the cookie */
};

struct fuzz_sgtable {
	__u32 obj;
	__u32 nents;		/* out */
	__u64 phys;		/* out: of the first entry */
	__u64 length;		/* out: bytes, all entries */
};

/* Access memory at a physical address, as a device would. */
struct fuzz_access {
	__u64 phys;
	__u32 size;		/* at most FUZZ_BYTES */
	__u32 write;
	__u8 data[FUZZ_BYTES];
};

struct fuzz_export {
	__u32 obj;
	__s32 fd;		/* out */
};

/* Map a dma-buf, or a part of an object, for a device. */
struct fuzz_map {
	__u32 stream;
	__u32 dev;
	__s32 fd;		/* of a dma-buf, or -1 */
	__u32 nents;		/* of a scatterlist; 0: dma_map_page() */
	__u64 phys;		/* of the memory, if there is no dma-buf */
	__u64 size;		/* bytes, of each entry; they lie one after another */
	__u32 obj;		/* is not freed before the unmap */
	__u32 dir;		/* enum dma_data_direction */
	__u32 skip_sync;	/* DMA_ATTR_SKIP_CPU_SYNC */
	__u32 pad;
	__u64 dma[FUZZ_ENTRIES];	/* out */
	__u64 length;		/* out: bytes, all entries */
};

struct fuzz_sync {
	__u32 stream;
	__u32 dir;
	__u32 for_cpu;
	__u32 sg;		/* the whole scatterlist, else one part */
	__u64 dma;		/* of the part */
	__u64 size;
};

struct fuzz_pool {
	__u32 dev;
	__u32 release;		/* take the pool from the device, else give it back */
	__u32 free;		/* out: pages of the pool that can be allocated */
	__u32 pad;
};

/* Things of all files that are still there. */
struct fuzz_counts {
	__u32 objects;
	__u32 buffers;		/* dma-bufs */
	__u32 streams;
	__u32 pad;
};

/* Frames without memory, for entries of the p2m. */
#define FUZZ_FIRST_PFN	0x2000000
#define FUZZ_NO_FRAME	(~0ull)
enum { FUZZ_LOOK, FUZZ_INSERT, FUZZ_REMOVE };

struct fuzz_entry {
	__u32 page;		/* from FUZZ_FIRST_PFN on */
	__u32 op;
	__u64 mfn;		/* in for FUZZ_INSERT, out for FUZZ_LOOK */
};

#define FUZZ_MOST_ENTRIES	512

struct fuzz_p2m {
	__u64 entries;		/* address of an array of struct fuzz_entry */
	__u32 count;
	__u32 pad;
};

#define FUZZ_IOC_ALLOC		_IOWR('F', 0, struct fuzz_alloc)
#define FUZZ_IOC_FREE		_IO('F', 1)	/* number of the object */
#define FUZZ_IOC_SELECT		_IO('F', 2)	/* the next mmap() maps this object */
#define FUZZ_IOC_SGTABLE	_IOWR('F', 3, struct fuzz_sgtable)
#define FUZZ_IOC_ACCESS		_IOWR('F', 4, struct fuzz_access)
#define FUZZ_IOC_EXPORT		_IOWR('F', 5, struct fuzz_export)
#define FUZZ_IOC_MAP		_IOWR('F', 6, struct fuzz_map)
#define FUZZ_IOC_SYNC		_IOWR('F', 7, struct fuzz_sync)
#define FUZZ_IOC_UNMAP		_IO('F', 8)	/* number of the stream */
#define FUZZ_IOC_POOL		_IOWR('F', 9, struct fuzz_pool)
#define FUZZ_IOC_FREE_PAGES	_IOWR('F', 10, struct fuzz_pool)
#define FUZZ_IOC_COUNTS		_IOR('F', 11, struct fuzz_counts)
#define FUZZ_IOC_BIND		_IO('F', 12)	/* 1: bind FUZZ_OWN, 0: unbind it */
#define FUZZ_IOC_P2M		_IOWR('F', 13, struct fuzz_p2m)

#endif /* XEN_DMA_FUZZ_H */
