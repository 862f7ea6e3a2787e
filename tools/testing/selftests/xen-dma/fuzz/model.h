/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model.  It knows the devices from the device tree, the arguments of each call, and
 * the DMA address that an allocation returned.  It calls no code under test.
 */
#ifndef XEN_DMA_FUZZ_MODEL_H
#define XEN_DMA_FUZZ_MODEL_H

#include "fuzzer.h"

#define MOST_PAGES	512	/* of an object */
#define MAPS		32
#define BUFS		8
#define DATA_SIZE	(4 * PAGE)	/* of ordinary pages */

enum { TO_AND_FROM, TO_DEVICE, FROM_DEVICE, DIRECTIONS };	/* enum dma_data_direction */

struct device {
	const char *label;
	bool there;
	bool coherent;
	uint64_t mask;
	struct { uint64_t dma, phys, size; } windows[3];
	uint64_t pool_phys, pool_dma, pool_size;
	bool released;			/* has no pool now */
	uint8_t used[MOST_PAGES];	/* pages of the pool that are allocated */
};

struct obj {
	bool handle;		/* not freed yet; user mappings and dma-bufs can outlive it */
	unsigned int refs;
	unsigned int dev;
	unsigned int pages;
	unsigned int flags;
	bool in_pool;
	uint64_t size, dma, phys;
	/* A word in each page: its value, if something has written it. */
	bool known[MOST_PAGES];
	uint64_t word[MOST_PAGES];
	uint8_t *data;		/* of ordinary pages, all bytes */
};

struct map {
	uint8_t *at;		/* NULL: not mapped */
	unsigned int pages, first;	/* first: page of the object */
	struct obj *obj;
	bool writable, private, in_child;
	bool copied[MOST_PAGES];	/* private pages that were written */
	uint64_t word[MOST_PAGES];
};

struct buf {
	struct obj *obj;	/* NULL: closed */
	int fd;
};

struct stream {
	bool mapped, late;	/* late: unmapped, and can still be synced */
	bool imported, skip_sync;
	unsigned int dev, dir, nents;	/* nents 0: no scatterlist */
	struct obj *obj;
	uint64_t offset, size;	/* of the first entry; entries lie one after another */
	uint64_t dma[FUZZ_ENTRIES];
	bool bounced[FUZZ_ENTRIES];
	uint8_t *data;		/* in the bounce buffers */
};

extern struct device devices[FUZZ_DEVICES];
extern struct obj objs[FUZZ_OBJECTS];
extern struct map maps[MAPS];
extern struct buf bufs[BUFS];
extern struct stream streams[FUZZ_STREAMS];

void model_devices(void);

/* Addresses; NO_FRAME if the device does not reach all of the memory. */
uint64_t model_dma(unsigned int dev, uint64_t phys, uint64_t size);
uint64_t model_phys(unsigned int dev, uint64_t dma);

/* The answer to an allocation: an errno, or 0; MAYBE: 0 or ENOMEM. */
#define MAYBE		(-1)
int model_alloc(unsigned int dev, uint64_t size, unsigned int flags, uint64_t *pool_dma);
void model_take(struct obj *o);
void model_put(struct obj *o);

unsigned int model_type(const struct obj *o);	/* memory type of a user mapping */
/* Whether memory lies in no linear map: bare metal must not maintain its caches. */
bool model_unmapped(const struct obj *o);

/* Choose among those that are there; NULL without one. */
struct obj *any_obj(uint32_t number, bool pages);
struct map *any_map(uint32_t number);
struct buf *any_buf(uint32_t number);
struct stream *any_stream(uint32_t number);
unsigned int any_device(uint32_t number);
struct map *free_map(void);

/* ops_vma.c */
void check_page(const struct map *m, unsigned int page);
void check_maps(const struct obj *o, uint32_t number);
void drop_map(struct map *m);
void check_child(uint32_t number);
/* ops_share.c */
void drop_buf(struct buf *b);
/* ops_stream.c */
void drop_stream(struct stream *s);
/* ops_memory.c */
void drop_obj(struct obj *o);

void op_alloc(const struct op *op);
void op_pages(const struct op *op);
void op_free(const struct op *op);
void op_sgtable(const struct op *op);
void op_device_writes(const struct op *op);
void op_user_writes(const struct op *op);
void op_mmap(const struct op *op);
void op_buf_mmap(const struct op *op);
void op_munmap(const struct op *op);
void op_mremap(const struct op *op);
void op_mprotect(const struct op *op);
void op_madvise(const struct op *op);
void op_fork(const struct op *op);
void op_kill(const struct op *op);
void op_export(const struct op *op);
void op_close(const struct op *op);
void op_buf_sync(const struct op *op);
void op_import(const struct op *op);
void op_map(const struct op *op);
void op_sync(const struct op *op);
void op_unmap(const struct op *op);
void op_sync_late(const struct op *op);
void op_data(const struct op *op);
void op_unbind(const struct op *op);
void op_pool(const struct op *op);
void op_p2m(const struct op *op);

#endif /* XEN_DMA_FUZZ_MODEL_H */
