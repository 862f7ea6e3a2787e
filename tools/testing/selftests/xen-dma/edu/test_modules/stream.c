// SPDX-License-Identifier: GPL-2.0
/* Streaming mappings: the device reads data from one, and writes it to another. */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/uaccess.h>
#include <asm/xen/page.h>

#include "edu.h"

/* Content that no mapping must show to the process. */
#define XDE_STALE	0x5a

/* Map memory; note whether the device gets another frame than that of the memory. */
static dma_addr_t stream_map(struct xde_stream *s, void *memory,
			     enum dma_data_direction dir)
{
	dma_addr_t dma_addr = dma_map_single(&xde_pdev->dev, memory, s->size, dir);

	if (!dma_mapping_error(&xde_pdev->dev, dma_addr))
		s->bounced += PHYS_PFN(dma_addr) != virt_to_mfn(memory);
	return dma_addr;
}

/* With sync, the data comes to the memory while it is mapped. */
static int stream_to_device(struct xde_stream *s, void *memory)
{
	const void __user *data = u64_to_user_ptr(s->data);
	struct device *dev = &xde_pdev->dev;
	dma_addr_t dma_addr;
	int ret = -EFAULT;

	memset(memory, XDE_STALE, s->size);
	if (!s->sync && copy_from_user(memory, data, s->size))
		return -EFAULT;
	dma_addr = stream_map(s, memory, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma_addr))
		return -EIO;
	if (s->sync) {
		dma_sync_single_for_cpu(dev, dma_addr, s->size, DMA_TO_DEVICE);
		if (copy_from_user(memory, data, s->size))
			goto unmap;
		dma_sync_single_for_device(dev, dma_addr, s->size, DMA_TO_DEVICE);
	}
	ret = xde_transfer(dma_addr + s->offset, s->length, false);
unmap:
	dma_unmap_single(dev, dma_addr, s->size, DMA_TO_DEVICE);
	return ret;
}

/* With sync, the process gets the memory while it is mapped. */
static int stream_from_device(struct xde_stream *s, void *memory)
{
	void __user *data = u64_to_user_ptr(s->data);
	struct device *dev = &xde_pdev->dev;
	dma_addr_t dma_addr;
	int ret;

	memset(memory, XDE_FILL, s->size);
	dma_addr = stream_map(s, memory, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, dma_addr))
		return -EIO;
	ret = xde_transfer(dma_addr + s->offset, s->length, true);
	if (!ret && s->sync) {
		dma_sync_single_for_cpu(dev, dma_addr, s->size, DMA_BIDIRECTIONAL);
		if (copy_to_user(data, memory, s->size))
			ret = -EFAULT;
	}
	dma_unmap_single(dev, dma_addr, s->size, DMA_BIDIRECTIONAL);
	if (!ret && !s->sync && copy_to_user(data, memory, s->size))
		ret = -EFAULT;
	return ret;
}

int xde_stream(struct xde_stream *s)
{
	void *from, *to;
	int ret = -ENOMEM;

	if (!s->size || s->size > XDE_STREAM_MAX || !s->length || s->length > XDE_DEVICE_SIZE ||
	    s->offset > s->size || s->length > s->size - s->offset)
		return -EINVAL;
	s->bounced = 0;
	from = alloc_pages_exact(s->size, GFP_KERNEL);
	to = alloc_pages_exact(s->size, GFP_KERNEL);
	if (from && to)
		ret = stream_to_device(s, from) ?: stream_from_device(s, to);
	if (from)
		free_pages_exact(from, s->size);
	if (to)
		free_pages_exact(to, s->size);
	return ret;
}
