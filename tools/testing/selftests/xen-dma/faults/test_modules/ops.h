/* SPDX-License-Identifier: GPL-2.0 */
/* Shared declarations of the module. */
#ifndef XEN_DMA_FAULTS_OPS_H
#define XEN_DMA_FAULTS_OPS_H

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "faults.h"

#define FAULTS_GRANTS_MAX	FAULTS_REFS
#define FAULTS_PIECES_MAX	8192

struct grants {
	struct page *frames[FAULTS_GRANTS_MAX], *pages[FAULTS_GRANTS_MAX];
	int refs[FAULTS_GRANTS_MAX];
	struct gnttab_map_grant_ref map[FAULTS_GRANTS_MAX];
	struct gnttab_unmap_grant_ref unmap[FAULTS_GRANTS_MAX];
	bool mapped[FAULTS_GRANTS_MAX];
	bool allocated;
	u32 lost;		/* grants that Xen did not let end */
};

/* An open file. */
struct faults {
	struct mutex lock;	/* serializes the requests */
	struct faults_op op;
	struct device *dev;
	bool prepared;
	u32 wrong;
	/* Memory and mappings that a run has not undone yet. */
	void *cpu;
	dma_addr_t dma;
	struct sg_table *sgt, table;
	bool has_table;
	/* From prepare to clean. */
	struct page *memory;
	struct platform_device *extra;
	struct device *owner;	/* of the frame */
	void *frame_cpu;
	dma_addr_t frame_dma;
	struct grants grants;
};

/*
 * prepare() may need memory, and is not under test.  run() does the operation and
 * checks it; it leaves to undo() what is to be undone, also after an error.
 * clean() undoes prepare(), also if that has failed.  Each may be NULL, but run().
 */
struct faults_kind {
	int (*prepare)(struct faults *f);
	int (*run)(struct faults *f);
	void (*undo)(struct faults *f);
	void (*clean)(struct faults *f);
};

extern const struct faults_kind faults_alloc, faults_pages, faults_noncontiguous;
extern const struct faults_kind faults_sgtable, faults_map, faults_sg;
extern const struct faults_kind faults_resource, faults_grants, faults_foreign;
extern const struct faults_kind faults_declare, faults_reserved;

static inline void faults_check_line(struct faults *f, bool is_right, unsigned int line)
{
	if (!is_right && !f->wrong)
		f->wrong = line;
}

/* Note the first check that fails, by its line. */
#define faults_check(f, is_right)	faults_check_line(f, is_right, __LINE__)

/* Return the test device with a label, with a reference, or NULL. */
struct device *faults_device(const char *label);

/* Return whether the p2m has an entry for a page. */
static inline bool faults_has_entry(struct page *page)
{
	return __pfn_to_mfn(page_to_xen_pfn(page)) != INVALID_P2M_ENTRY;
}

unsigned long faults_attrs(const struct faults *f);
void faults_bounce(struct faults *f, bool on);

/* Fill the pool, or the bounce buffers; count the pieces, and undo it. */
int faults_fill_buffers(struct faults *f, struct faults_fill *fill, int (*full)(struct faults *f));
int faults_fill_bounce(struct faults *f, struct faults_fill *fill, int (*full)(struct faults *f));
/* Return the number of free pages of the device's own pool, 0 without. */
u32 faults_pool_pages(struct faults *f);
/* Grant the frames, and end that. */
int faults_grant(struct faults *f, struct faults_refs *refs);
int faults_end(struct faults *f);
void faults_count_entries(struct faults *f, struct faults_counts *c);

/* Return the address of a symbol without export. */
void *faults_symbol(const char *name);

int faults_refuse(struct faults_refuse *r);
void faults_refuse_nothing(void);
int faults_refuse_init(void);
void faults_refuse_exit(void);

#endif /* XEN_DMA_FAULTS_OPS_H */
