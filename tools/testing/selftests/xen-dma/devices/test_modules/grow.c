// SPDX-License-Identifier: GPL-2.0
/* Many mappings that are bounced, and held all at once: the bounce buffers grow. */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>
#include <linux/uaccess.h>

#include "devices.h"
#include "drivers.h"

struct grow_dev {
	struct device *dev;
	struct miscdevice misc;
	bool force;		/* bounce, although the device reaches the memory */
};

struct grow_page {
	struct page *page;
	dma_addr_t dma;
	bool mapped;
};

/* A pattern that differs between pages, and between the two directions. */
static u32 grow_word(unsigned int page, unsigned int at, bool from_device)
{
	return page * 0x01000193 + at * 31 + (from_device ? 0x5a5a5a5a : 0);
}

static void grow_fill(u32 *words, unsigned int page, bool from_device)
{
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / 4; i++)
		words[i] = grow_word(page, i, from_device);
}

static bool grow_same(const u32 *words, unsigned int page, bool from_device)
{
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / 4; i++)
		if (words[i] != grow_word(page, i, from_device))
			return false;
	return true;
}

/* Return 0, also if the page cannot be mapped. */
static int grow_map(struct device *dev, struct grow_page *p, struct grow *g)
{
	dma_addr_t dma;

	p->page = alloc_page(GFP_KERNEL);
	if (!p->page)
		return -ENOMEM;
	grow_fill(page_address(p->page), g->mapped, false);
	dma = dma_map_page(dev, p->page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, dma))
		return 0;
	p->dma = dma;
	p->mapped = true;
	g->mapped++;
	g->lowest = min_t(u64, g->lowest, dma);
	g->highest = max_t(u64, g->highest, dma);
	g->outside += dma + PAGE_SIZE - 1 > *dev->dma_mask;
	g->direct += dma == phys_to_dma(dev, page_to_phys(p->page));
	return 0;
}

/* Read as the device, write as the device, unmap, and read as the CPU. */
static void grow_check(struct device *dev, struct grow_page *p, unsigned int i,
		       struct grow *g)
{
	u32 *view = view_map(dev, p->dma, PAGE_SIZE);
	bool right = view && grow_same(view, i, false);

	if (view) {
		grow_fill(view, i, true);
		view_unmap(dev, p->dma, view);
	}
	dma_unmap_page(dev, p->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	g->wrong += !right || !grow_same(page_address(p->page), i, true);
}

static int grow_all(struct device *dev, struct grow *g)
{
	struct grow_page *pages;
	unsigned int i;
	int ret = 0;

	if (g->pages > 1 << 16)
		return -EINVAL;
	pages = kvcalloc(g->pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	*g = (struct grow) { .pages = g->pages, .lowest = U64_MAX, .mask = *dev->dma_mask };
	for (i = 0; i < g->pages; i++) {
		ret = grow_map(dev, &pages[i], g);
		if (!pages[i].mapped)
			break;
		cond_resched();		/* let the kernel add memory */
	}
	for (i = 0; i < g->pages; i++) {
		if (pages[i].mapped)
			grow_check(dev, &pages[i], i, g);
		if (pages[i].page)
			__free_page(pages[i].page);
	}
	kvfree(pages);
	return ret;
}

static long grow_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct grow_dev *d = container_of(file->private_data, struct grow_dev, misc);
	void __user *to = (void __user *)arg;
	struct grow g;
	int ret;

	if (cmd != GROW_IOC_MAP)
		return -ENOTTY;
	if (copy_from_user(&g, to, sizeof(g)))
		return -EFAULT;
	if (d->force)
		d->dev->dma_io_tlb_mem->force_bounce = true;
	ret = grow_all(d->dev, &g);
	if (d->force)
		d->dev->dma_io_tlb_mem->force_bounce = false;
	if (ret)
		return ret;
	return copy_to_user(to, &g, sizeof(g)) ? -EFAULT : 0;
}

static const struct file_operations grow_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = grow_ioctl,
};

static int grow_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct grow_dev *d;
	const char *label;
	int ret;

	d = devm_kzalloc(dev, sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	d->dev = dev;
	ret = devices_prepare(dev, &label);
	if (ret)
		return ret;
	d->force = of_property_read_bool(dev->of_node, "force-bounce");
	return devices_add_file(dev, &d->misc, "xen-dma-grow-", label, &grow_fops);
}

static const struct of_device_id grow_of_match[] = {
	{ .compatible = "linux,xen-dma-grow" },
	{}
};

struct platform_driver grow_driver = {
	.probe = grow_probe,
	.driver = {
		.name = "xen-dma-grow",
		.of_match_table = grow_of_match,
		.suppress_bind_attrs = true,
	},
};
