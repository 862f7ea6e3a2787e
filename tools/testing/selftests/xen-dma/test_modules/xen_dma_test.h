/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between the xen-dma selftest and its kernel module.
 *
 * Every test device of the device tree is a file /dev/xen-dma-test-<label>.
 * One open file holds at most one DMA buffer; closing it frees the buffer.
 * read() and write() access the buffer as the device would: through a kernel
 * mapping derived from the DMA address, not through the allocator's address.
 * mmap() goes through dma_mmap_attrs().
 */
#ifndef XEN_DMA_TEST_H
#define XEN_DMA_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define XDT_DEV_PREFIX		"/dev/xen-dma-test-"

/* The values of xdt_alloc.flags. */
#define XDT_NO_KERNEL_MAPPING	0x1	/* DMA_ATTR_NO_KERNEL_MAPPING */
#define XDT_WRITE_COMBINE	0x2	/* DMA_ATTR_WRITE_COMBINE */
#define XDT_ATOMIC		0x4	/* GFP_ATOMIC */

/* The values of xdt_mmap.how: ways for mmap() to go wrong, for the controls. */
#define XDT_MMAP_DMA		0	/* dma_mmap_attrs(), as a driver would */
#define XDT_MMAP_DEVICE_TYPE	1	/* right page, mapped as device memory */
#define XDT_MMAP_NEXT_PAGE	2	/* right type, the page after the right one */

struct xdt_info {
	__u32 initial_domain;	/* 1 in dom0 under Xen */
	__u32 coherent;		/* dev_is_dma_coherent() */
	__u32 private_pool;	/* the device has memory of its own */
	__u32 page_size;	/* bytes */
	__u32 maps_mmio;	/* the kernel knows DMA_ATTR_MMIO */
	__u32 bounces_small;	/* the kernel bounces small kmalloc() buffers */
	__u32 watches_cookies;	/* the kernel may clear cookies */
	__u32 pool_has_page;	/* that memory has struct pages */
	__u32 mmio_has_offset;	/* dma-direct applies dma-ranges to MMIO */
	__u32 pad;
	__u64 pool_phys;	/* of that memory, 0 without */
	__u64 pool_size;	/* bytes */
	char ops[64];		/* symbol of the device's dma_map_ops */
};

/* The kind of the CPU address that dma_alloc_attrs() has returned. */
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
	__u64 cleared;		/* out: bytes of struct pages, by the allocation */
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

/* The operation of xdt_flush.op, as in GNTTABOP_cache_flush. */
#define XDT_FLUSH_CLEAN		0x1
#define XDT_FLUSH_INVAL		0x2

struct xdt_flush {
	__u64 phys;		/* in: machine address; its whole page is flushed */
	__u32 op;		/* in: XDT_FLUSH_* */
	__s32 ret;		/* out: result of the hypercall */
};

/*
 * Hits and counts of the fault detector since it was last asked.  A hit is a range
 * of cache maintenance or bouncing with a page that the MMU does not translate.
 * The counts include the hypercalls to Xen.
 */
struct xdt_seen {
	__u32 hits;		/* ranges with a page that has no translation */
	__u32 syncs;		/* calls of arch_sync_dma_for_device and _cpu */
	__u32 pages;		/* pages that the MMU was asked for */
	__u32 flushes;		/* GNTTABOP_cache_flush */
	__u32 refused;		/* flushes that Xen refused */
	__s32 code;		/* error of the last refused flush */
	__u32 missed;		/* probes that the detector has missed */
	__u32 jumps;		/* flushes that do not begin where one ended */
	__u64 flushed;		/* bytes that Xen was asked for */
	__u64 next;		/* end of the last flush */
	__u32 ops;		/* XDT_FLUSH_* of all flushes */
	__u32 pad;
	char first[128];	/* the first hit: function, address, size, caller */
};

struct xdt_provoke {
	__u64 phys;		/* cache maintenance of this memory */
	__u64 size;		/* bytes */
	__u32 for_cpu;		/* arch_sync_dma_for_cpu(), else _for_device() */
	__u32 by_xen;		/* xen_dma_sync_for_device(), no other */
	__u32 from_device;	/* direction of by_xen, else to the device */
	__u32 pad;
};

/* A range of more pages is always a hit; 1 MiB has at most 257. */
#define XDT_MAX_PAGES		1024

#define XDT_RAM			(2ul << 20)	/* bytes of ordinary memory */

struct xdt_ram {
	__u64 from;		/* in: lowest address */
	__u64 below;		/* in: it ends below this physical address */
	__u32 device_pages;	/* in: memory from memremap_pages() */
	__u32 pad;
	__u64 phys;		/* out */
};

/* The steps of a case. */
enum { XDT_MAP, XDT_SYNC_CPU, XDT_SYNC_DEVICE, XDT_UNMAP, XDT_STEPS };

/* Machine address of frames that a test uses as frames of another domain. */
#define XDT_FOREIGN		0x20000000

struct xdt_case {
	__u64 phys;		/* in: the memory to map */
	__u64 size;		/* in: bytes, of each entry */
	__u64 stride;		/* in: bytes from one entry to the next */
	__u32 nents;		/* in: of a scatterlist; 0: dma_map_page() */
	__u32 dir;		/* in: enum dma_data_direction */
	__u64 sync_offset;	/* in: part to be synced, not for scatterlists */
	__u64 sync_size;	/* in: 0: no sync */
	__u8 mmio;		/* in: dma_map_resource() */
	__u8 skip_cpu_sync;	/* in: DMA_ATTR_SKIP_CPU_SYNC */
	__u8 data;		/* in: compare contents of bounce buffers */
	__u8 release;		/* in: take the pool away before the unmap */
	__u8 warn;		/* in: without DMA_ATTR_NO_WARN */
	__u8 force;		/* in: bouncing is forced for the map */
	__u8 require_coherent;	/* in: DMA_ATTR_REQUIRE_COHERENT */
	__u8 foreign;		/* in: each page from this one on, the first is 1,
				 * is mapped to every other frame from
				 * XDT_FOREIGN on, as grants are
				 */
	__u8 flagged;		/* in: pages have PG_foreign without a grant */
	__u8 pad[3];
	__s32 ret;		/* out: of the map */
	__u32 unaligned;	/* out: dma_kmalloc_needs_bounce() */
	__u32 right;		/* out: DMA addresses are those of the memory */
	__u32 wrong_data;	/* out: entries with a byte that was not seen */
	__u32 stray;		/* out: hits of the detector before it began */
	__u32 compared;		/* out: it was bounced, and contents compared */
	__u64 dma_addr;		/* out: of the first entry */
	struct xdt_seen seen[XDT_STEPS];	/* out */
};

struct xdt_pages {
	__u64 size;		/* in: bytes, for dma_alloc_pages() */
	__u64 phys;		/* out: of the page */
	__u64 device;		/* out: physical address of the DMA address */
};

/* Sync memory at a physical address that the test machine does not have. */
struct xdt_wide {
	__u64 phys;		/* in */
	__u64 size;		/* in: bytes */
};

/* The operations of xdt_bench.op; each is a pair. */
enum {
	XDT_BENCH_MAP,		/* dma_map_page(), dma_unmap_page() */
	XDT_BENCH_SYNC,		/* dma_sync_single_for_cpu(), _for_device() */
	XDT_BENCH_SG,		/* dma_map_sg(), dma_unmap_sg() */
	XDT_BENCH_MMAP,		/* dma_mmap_attrs() of the buffer, removal */
	XDT_BENCH_ALLOC,	/* dma_alloc_coherent(), dma_free_coherent() */
};

struct xdt_bench {
	__u64 phys;		/* in: the memory; address of the process for MMAP */
	__u64 size;		/* in: bytes */
	__u64 machine;		/* in: address that a grant would have; 0: no grant */
	__u32 op;		/* in: XDT_BENCH_* */
	__u32 pages;		/* in: entries of a scatterlist */
	__u32 dir;		/* in: enum dma_data_direction */
	__u32 bounce;		/* in: bouncing is forced */
	__u32 pairs;		/* in: in one batch */
	__u32 batches;		/* in */
	__u32 trace;		/* in: call the marks of a trace */
	__u32 flushes;		/* out: hypercalls of one pair */
	__u64 ns;		/* out: nanoseconds of the shortest batch */
};

/* The memory whose entries in the p2m tree come from xdt_entries. */
enum {
	XDT_ENTRIES_GRANTS,	/* pages of gnttab_alloc_pages() */
	XDT_ENTRIES_BALLOON,	/* pages that the balloon driver has taken */
	XDT_ENTRIES_KINDS
};

#define XDT_MAX_ENTRIES	10000

/*
 * Map grants, which dom0 gives to itself, until there are so many entries.  Add regions
 * to memblock's memory until there are so many.
 */
struct xdt_entries {
	__u32 kind;		/* in: XDT_ENTRIES_* */
	__u32 count;		/* in */
	__u32 in_memory;	/* out: pages inside of memblock's memory */
	__u32 regions;		/* in: at least; out: of memblock's memory */
	__s32 change;		/* out: grants mapped, or unmapped if negative */
	__u32 pad;
	__u64 ns;		/* out: time of this change */
};

#define XDT_IOC_INFO		_IOR('X', 0, struct xdt_info)
#define XDT_IOC_ALLOC		_IOWR('X', 1, struct xdt_alloc)
#define XDT_IOC_FREE		_IO('X', 2)
#define XDT_IOC_SGTABLE		_IOWR('X', 3, struct xdt_sgtable)
#define XDT_IOC_TRANSLATE	_IOWR('X', 4, struct xdt_translate)
#define XDT_IOC_MMAP		_IOW('X', 5, struct xdt_mmap)
#define XDT_IOC_FLUSH		_IOWR('X', 6, struct xdt_flush)
#define XDT_IOC_SEEN		_IOR('X', 7, struct xdt_seen)
#define XDT_IOC_PROVOKE		_IOW('X', 8, struct xdt_provoke)
#define XDT_IOC_RAM		_IOWR('X', 9, struct xdt_ram)
#define XDT_IOC_CASE		_IOWR('X', 10, struct xdt_case)
#define XDT_IOC_BENCH		_IOWR('X', 11, struct xdt_bench)
#define XDT_IOC_PAGES		_IOWR('X', 12, struct xdt_pages)
#define XDT_IOC_WIDE		_IOW('X', 13, struct xdt_wide)
#define XDT_IOC_ENTRIES		_IOWR('X', 14, struct xdt_entries)

#endif /* XEN_DMA_TEST_H */
