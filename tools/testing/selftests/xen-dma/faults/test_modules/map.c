// SPDX-License-Identifier: GPL-2.0
/* Memory that is mapped for a device, with and without bouncing. */
#include <linux/dma-direct.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/swiotlb.h>
#include <linux/vmalloc.h>

#include "ops.h"

#define ENTRIES		4	/* of a scatterlist */

/* Force bouncing, if the operation wants it; the bounce buffers are common to all devices. */
void faults_bounce(struct faults *f, bool on)
{
	if (f->op.flags & FAULTS_BOUNCE)
		f->dev->dma_io_tlb_mem->force_bounce = on;
}

static int memory_get(struct faults *f)
{
	f->memory = alloc_pages(GFP_KERNEL, get_order(f->op.size * ENTRIES));
	return f->memory ? 0 : -ENOMEM;
}

static void memory_put(struct faults *f)
{
	if (f->memory)
		__free_pages(f->memory, get_order(f->op.size * ENTRIES));
	f->memory = NULL;
}

static u8 *device_side(struct faults *f, dma_addr_t dma)
{
	return phys_to_virt(dma_to_phys(f->dev, dma));
}

/* Check an address, and that data reaches the other side, both ways. */
static void check_mapped(struct faults *f, dma_addr_t dma, u8 *cpu)
{
	bool bounced = dma_to_phys(f->dev, dma) != virt_to_phys(cpu);
	u8 *device = device_side(f, dma);

	faults_check(f, bounced == !!(f->op.flags & FAULTS_BOUNCE));
	faults_check(f, *device == 0x11);
	memset(device, 0x22, f->op.size);
	dma_sync_single_for_cpu(f->dev, dma, f->op.size, DMA_BIDIRECTIONAL);
	faults_check(f, !memchr_inv(cpu, 0x22, f->op.size));
	memset(cpu, 0x33, f->op.size);
	dma_sync_single_for_device(f->dev, dma, f->op.size, DMA_BIDIRECTIONAL);
	faults_check(f, !memchr_inv(device, 0x33, f->op.size));
}

static int map_run(struct faults *f)
{
	dma_addr_t dma;

	memset(page_address(f->memory), 0x11, f->op.size);
	faults_bounce(f, true);
	dma = dma_map_page_attrs(f->dev, f->memory, 0, f->op.size, DMA_BIDIRECTIONAL,
				 DMA_ATTR_NO_WARN);
	faults_bounce(f, false);
	if (dma_mapping_error(f->dev, dma))
		return -EIO;
	f->dma = dma;
	f->cpu = f->memory;
	check_mapped(f, dma, page_address(f->memory));
	return 0;
}

static void map_undo(struct faults *f)
{
	if (f->cpu)
		dma_unmap_page(f->dev, f->dma, f->op.size, DMA_BIDIRECTIONAL);
	f->cpu = NULL;
}

const struct faults_kind faults_map = {
	.prepare = memory_get, .run = map_run, .undo = map_undo, .clean = memory_put,
};

static int sg_run(struct faults *f)
{
	u8 *memory = page_address(f->memory);
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	/* A table of the caller: its allocation is not under test, but may fail as well. */
	ret = sg_alloc_table(&f->table, ENTRIES, GFP_KERNEL);
	if (ret)
		return ret;
	f->has_table = true;
	memset(memory, 0x11, f->op.size * ENTRIES);
	for_each_sg(f->table.sgl, sg, ENTRIES, i)
		sg_set_buf(sg, memory + i * f->op.size, f->op.size);
	faults_bounce(f, true);
	ret = dma_map_sgtable(f->dev, &f->table, DMA_BIDIRECTIONAL, DMA_ATTR_NO_WARN);
	faults_bounce(f, false);
	if (ret)
		return ret;
	f->cpu = memory;
	for_each_sgtable_sg(&f->table, sg, i) {
		faults_check(f, sg_dma_len(sg) == f->op.size);
		faults_check(f, *device_side(f, sg_dma_address(sg)) == 0x11);
	}
	dma_sync_sgtable_for_cpu(f->dev, &f->table, DMA_BIDIRECTIONAL);
	dma_sync_sgtable_for_device(f->dev, &f->table, DMA_BIDIRECTIONAL);
	return 0;
}

static void sg_undo(struct faults *f)
{
	if (f->cpu)
		dma_unmap_sgtable(f->dev, &f->table, DMA_BIDIRECTIONAL, 0);
	if (f->has_table)
		sg_free_table(&f->table);
	f->cpu = NULL;
	f->has_table = false;
}

const struct faults_kind faults_sg = {
	.prepare = memory_get, .run = sg_run, .undo = sg_undo, .clean = memory_put,
};

/* A UART, which is only mapped: see REGISTERS in dom0.dts. */
#define REGISTERS	0x09000000

static int resource_run(struct faults *f)
{
	f->dma = dma_map_resource(f->dev, REGISTERS, f->op.size, DMA_BIDIRECTIONAL,
				  DMA_ATTR_NO_WARN);
	if (dma_mapping_error(f->dev, f->dma))
		return -EIO;
	f->cpu = f;
	faults_check(f, dma_to_phys(f->dev, f->dma) == REGISTERS);
	return 0;
}

static void resource_undo(struct faults *f)
{
	if (f->cpu)
		dma_unmap_resource(f->dev, f->dma, f->op.size, DMA_BIDIRECTIONAL, 0);
	f->cpu = NULL;
}

const struct faults_kind faults_resource = { .run = resource_run, .undo = resource_undo };

/* Map the same memory again and again, each time to another bounce buffer. */
int faults_fill_bounce(struct faults *f, struct faults_fill *fill, int (*full)(struct faults *f))
{
	dma_addr_t *dma = vcalloc(FAULTS_PIECES_MAX, sizeof(*dma));
	unsigned int n, i;

	if (!dma)
		return -ENOMEM;
	faults_bounce(f, true);
	for (n = 0; n < FAULTS_PIECES_MAX; n++) {
		dma[n] = dma_map_page_attrs(f->dev, f->memory, 0, fill->size, DMA_TO_DEVICE,
					    DMA_ATTR_NO_WARN);
		if (dma_mapping_error(f->dev, dma[n]))
			break;
	}
	faults_bounce(f, false);
	fill->count = n;
	for (; n && n + fill->spare > fill->count; n--)
		dma_unmap_page(f->dev, dma[n - 1], fill->size, DMA_TO_DEVICE);
	fill->ret = full ? full(f) : 0;
	for (i = 0; i < n; i++)
		dma_unmap_page(f->dev, dma[i], fill->size, DMA_TO_DEVICE);
	vfree(dma);
	return fill->count == FAULTS_PIECES_MAX ? -EFBIG : 0;
}
