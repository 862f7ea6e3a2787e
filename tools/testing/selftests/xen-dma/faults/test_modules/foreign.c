// SPDX-License-Identifier: GPL-2.0
/*
 * A page of another domain, whose caches Xen maintains.  A frame of the dynamic pool
 * stands for it: dom0's kernel does not map the frame, and Xen accepts requests for it.
 */
#include <linux/dma-direct.h>
#include <linux/mm.h>
#include <xen/page.h>

#include "ops.h"

#define OWNER	"dynamic-pool"

static int foreign_prepare(struct faults *f)
{
	f->memory = alloc_page(GFP_KERNEL);
	f->owner = faults_device(OWNER);
	if (!f->memory || !f->owner)
		return -ENOMEM;
	f->frame_cpu = dma_alloc_coherent(f->owner, PAGE_SIZE, &f->frame_dma, GFP_KERNEL);
	return f->frame_cpu ? 0 : -ENOMEM;
}

static void foreign_clean(struct faults *f)
{
	if (f->frame_cpu)
		dma_free_coherent(f->owner, PAGE_SIZE, f->frame_cpu, f->frame_dma);
	put_device(f->owner);
	if (f->memory)
		__free_page(f->memory);
	f->frame_cpu = NULL;
	f->owner = NULL;
	f->memory = NULL;
}

static int foreign_run(struct faults *f)
{
	phys_addr_t frame = dma_to_phys(f->owner, f->frame_dma);
	dma_addr_t dma;

	/* As gnttab_map_refs() does. */
	SetPageForeign(f->memory);
	if (!set_phys_to_machine(page_to_xen_pfn(f->memory), XEN_PFN_DOWN(frame)))
		return -ENOMEM;
	faults_check(f, __pfn_to_mfn(page_to_xen_pfn(f->memory)) == XEN_PFN_DOWN(frame));
	dma = dma_map_page_attrs(f->dev, f->memory, 0, PAGE_SIZE, DMA_BIDIRECTIONAL,
				 DMA_ATTR_NO_WARN);
	faults_check(f, !dma_mapping_error(f->dev, dma));
	if (dma_mapping_error(f->dev, dma))
		return -EIO;
	faults_check(f, dma_to_phys(f->dev, dma) == frame);
	dma_sync_single_for_cpu(f->dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(f->dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_unmap_page(f->dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}

static void foreign_undo(struct faults *f)
{
	if (!f->memory)
		return;
	ClearPageForeign(f->memory);
	if (faults_has_entry(f->memory))
		set_phys_to_machine(page_to_xen_pfn(f->memory), INVALID_P2M_ENTRY);
	faults_check(f, !faults_has_entry(f->memory));
}

const struct faults_kind faults_foreign = {
	.prepare = foreign_prepare, .run = foreign_run, .undo = foreign_undo,
	.clean = foreign_clean,
};
