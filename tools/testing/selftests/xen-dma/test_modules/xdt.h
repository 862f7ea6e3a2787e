/* SPDX-License-Identifier: GPL-2.0 */
/* Shared declarations of the module. */
#ifndef XDT_H
#define XDT_H

#include <linux/device.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "xen_dma_test.h"

struct xdt_dev {
	struct device *dev;
	struct miscdevice misc;
	phys_addr_t pool_phys;	/* the device's own pool, if it has one */
	dma_addr_t pool_dma;
	size_t pool_size;
};

struct xdt_buf {
	struct xdt_dev *xdt;
	struct mutex lock;	/* serializes alloc, free and access */
	void *cpu_addr;
	dma_addr_t dma_addr;
	size_t size;
	unsigned long attrs;
	void *view;		/* the device's view, see xdt_view() */
	bool view_is_io;
	struct xdt_mmap mmap;
};

extern const struct file_operations xdt_fops;

int xdt_alloc(struct xdt_buf *b, struct xdt_alloc *a);
void xdt_free(struct xdt_buf *b);
int xdt_sgtable(struct xdt_buf *b, struct xdt_sgtable *s);
int xdt_map(struct xdt_buf *b, struct vm_area_struct *vma);
int xdt_translate(struct xdt_translate *t);
int xdt_flush(struct xdt_flush *f);
int xdt_ram(struct xdt_ram *r);
int xdt_map_case(struct xdt_dev *xdt, struct xdt_case *c);
int xdt_alloc_pages(struct xdt_dev *xdt, struct xdt_pages *p);
int xdt_sync_wide(struct xdt_dev *xdt, const struct xdt_wide *w);
void xdt_force_bounce(struct device *dev, bool on);
void xdt_foreign(phys_addr_t phys, size_t size, phys_addr_t machine);
void xdt_flag_foreign(phys_addr_t phys, size_t size, bool on);
bool xdt_has_page(phys_addr_t phys);

void *xdt_symbol(const char *name);
bool xdt_cookie_is_watched(void);
void xdt_cookie_begin(void);
u64 xdt_cookie_end(void);
int xdt_cookie_init(void);
void xdt_cookie_exit(void);

int xdt_detector_init(void);
void xdt_detector_exit(void);
void xdt_seen_take(struct xdt_seen *seen);
int xdt_count_hypercalls(bool on);
int xdt_bench(struct xdt_buf *buf, struct xdt_bench *b);
void xdt_bench_begin(void);
void xdt_bench_end(void);
int xdt_entries(struct xdt_entries *e);
int xdt_provoke(struct xdt_dev *xdt, const struct xdt_provoke *p);

#endif /* XDT_H */
