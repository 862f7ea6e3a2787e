/* SPDX-License-Identifier: GPL-2.0 */
/* Shared declarations of the module. */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>

#include "xen_dma_fuzz.h"

/* Memory: of a DMA buffer, or ordinary pages. */
struct fuzz_obj {
	struct kref ref;	/* of the number, user mappings, dma-bufs and streams */
	struct device *dev;
	size_t size;
	unsigned long attrs;
	void *cpu_addr;
	dma_addr_t dma;
	struct page *page;	/* ordinary pages */
	bool by_dma;		/* page is of dma_alloc_pages() */
	bool managed;		/* the unbind of the device frees it */
	u32 bound;		/* fuzz_bound when it was allocated */
};

struct fuzz_stream {
	struct device *dev;
	struct fuzz_obj *obj;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;	/* of attach, else of this stream; NULL: single */
	dma_addr_t dma;
	size_t size;
	enum dma_data_direction dir;
	unsigned long attrs;
	bool mapped;		/* after the unmap, it can still be synced */
};

struct fuzz_file {
	struct mutex lock;	/* one request at a time */
	struct fuzz_obj *objs[FUZZ_OBJECTS];
	struct fuzz_stream streams[FUZZ_STREAMS];
	struct fuzz_obj *selected;	/* for mmap(); has its own reference */
	u32 released;		/* bits of devices without their pools */
};

extern atomic_t fuzz_objects, fuzz_buffers, fuzz_streams;
extern u32 fuzz_bound;	/* changes when FUZZ_OWN is unbound */

struct device *fuzz_device(u32 number);
int fuzz_devices_init(void);
void fuzz_devices_exit(void);
int fuzz_bind(unsigned long on);
int fuzz_pool(struct fuzz_file *f, const struct fuzz_pool *p);
void fuzz_give_pools_back(struct fuzz_file *f);
int fuzz_free_pages(struct fuzz_pool *p);

int fuzz_alloc(struct fuzz_file *f, struct fuzz_alloc *a);
void fuzz_put(struct fuzz_obj *obj);
struct fuzz_obj *fuzz_obj(struct fuzz_file *f, unsigned long number);
int fuzz_free(struct fuzz_file *f, unsigned long number);
int fuzz_sgtable(struct fuzz_obj *obj, struct fuzz_sgtable *s);
int fuzz_mmap_obj(struct fuzz_obj *obj, struct vm_area_struct *vma);
int fuzz_access(struct fuzz_access *a);

int fuzz_export(struct fuzz_obj *obj, struct fuzz_export *e);
struct fuzz_obj *fuzz_exported(struct dma_buf *buf);

int fuzz_map(struct fuzz_file *f, struct fuzz_map *m);
int fuzz_sync(struct fuzz_file *f, const struct fuzz_sync *s);
int fuzz_unmap(struct fuzz_file *f, unsigned long number);

int fuzz_p2m(const struct fuzz_p2m *p);

#endif /* FUZZ_H */
