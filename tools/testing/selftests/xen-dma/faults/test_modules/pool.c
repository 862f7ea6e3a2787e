// SPDX-License-Identifier: GPL-2.0
/* A device gets its private pool, as in its probe. */
#include <linux/dma-direct.h>
#include <linux/kprobes.h>
#include <linux/of_reserved_mem.h>

#include "ops.h"

/* DMA address of the pool.  Nobody accesses the pool. */
#define POOL_DMA	0x20200000

void *faults_symbol(const char *name)
{
	struct kprobe kp = { .symbol_name = name };
	void *addr;

	if (register_kprobe(&kp))
		return NULL;
	addr = kp.addr;
	unregister_kprobe(&kp);
	return addr;
}

static int (*declare)(struct device *dev, phys_addr_t phys, dma_addr_t dma, size_t size);
static void (*release)(struct device *dev);

static int declare_prepare(struct faults *f)
{
	declare = faults_symbol("dma_declare_coherent_memory");
	release = faults_symbol("dma_release_coherent_memory");
	if (!declare || !release)
		return -ENOENT;
	f->extra = platform_device_register_simple("xen-dma-faults-pool", PLATFORM_DEVID_AUTO,
						   NULL, 0);
	return PTR_ERR_OR_ZERO(f->extra);
}

/* The new device has the same memory as the test device. */
static int declare_run(struct faults *f)
{
	struct resource *res = platform_get_resource(to_platform_device(f->dev),
						     IORESOURCE_MEM, 0);
	struct device *dev = &f->extra->dev;
	int ret = res ? declare(dev, res->start, POOL_DMA, f->op.size) : -ENXIO;

	/* After an error, the device has no half of a pool. */
	faults_check(f, !ret == !!dev->dma_mem);
	return ret;
}

static void declare_undo(struct faults *f)
{
	if (f->extra->dev.dma_mem)
		release(&f->extra->dev);
}

static void declare_clean(struct faults *f)
{
	if (!IS_ERR_OR_NULL(f->extra))
		platform_device_unregister(f->extra);
	f->extra = NULL;
}

const struct faults_kind faults_declare = {
	.prepare = declare_prepare, .run = declare_run, .undo = declare_undo,
	.clean = declare_clean,
};

/* The driver of the device has initialized its pool, so take it away first. */
static int reserved_prepare(struct faults *f)
{
	of_reserved_mem_device_release(f->dev);
	return f->dev->dma_mem ? -EBUSY : 0;
}

static int reserved_run(struct faults *f)
{
	int ret = of_reserved_mem_device_init(f->dev);

	faults_check(f, !ret == !!f->dev->dma_mem);
	return ret;
}

static void reserved_undo(struct faults *f)
{
	if (f->dev->dma_mem)
		of_reserved_mem_device_release(f->dev);
}

static void reserved_clean(struct faults *f)
{
	if (of_reserved_mem_device_init(f->dev))
		dev_err(f->dev, "has lost its pool\n");
}

const struct faults_kind faults_reserved = {
	.prepare = reserved_prepare, .run = reserved_run, .undo = reserved_undo,
	.clean = reserved_clean,
};
