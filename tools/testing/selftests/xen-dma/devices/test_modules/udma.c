// SPDX-License-Identifier: GPL-2.0
/*
 * A driver as some ship beside the kernel: one DMA buffer for each device, from its
 * probe on.  A process maps the buffer, and syncs it when it likes.
 */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/uaccess.h>

#include "devices.h"
#include "drivers.h"

struct udma {
	struct device *dev;
	struct miscdevice misc;
	void *cpu;
	dma_addr_t dma;
	void *view;		/* of the device */
};

static struct udma *udma_of(struct file *file)
{
	return container_of(file->private_data, struct udma, misc);
}

static int udma_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct udma *u = udma_of(file);

	return dma_mmap_coherent(u->dev, vma, u->cpu, u->dma, UDMA_SIZE);
}

static ssize_t udma_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	return simple_read_from_buffer(to, size, at, udma_of(file)->view, UDMA_SIZE);
}

static long udma_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct udma *u = udma_of(file);

	switch (cmd) {
	case UDMA_IOC_SYNC:
		dma_sync_single_for_cpu(u->dev, u->dma, UDMA_SIZE, DMA_BIDIRECTIONAL);
		dma_sync_single_for_device(u->dev, u->dma, UDMA_SIZE, DMA_BIDIRECTIONAL);
		return 0;
	case UDMA_IOC_PHYS:
		return put_user((u64)dma_to_phys(u->dev, u->dma), (u64 __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations udma_fops = {
	.owner = THIS_MODULE,
	.mmap = udma_mmap,
	.read = udma_read,
	.unlocked_ioctl = udma_ioctl,
};

static void udma_unmap(void *data)
{
	struct udma *u = data;

	view_unmap(u->dev, u->dma, u->view);
}

static int udma_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	const char *label;
	struct udma *u;
	int ret;

	u = devm_kzalloc(dev, sizeof(*u), GFP_KERNEL);
	if (!u)
		return -ENOMEM;
	u->dev = dev;
	ret = devices_prepare(dev, &label);
	if (ret)
		return ret;
	u->cpu = dmam_alloc_coherent(dev, UDMA_SIZE, &u->dma, GFP_KERNEL);
	if (!u->cpu)
		return -ENOMEM;
	u->view = view_map(dev, u->dma, UDMA_SIZE);
	if (!u->view)
		return -ENOMEM;
	ret = devm_add_action_or_reset(dev, udma_unmap, u);
	return ret ?: devices_add_file(dev, &u->misc, "xen-dma-udma-", label, &udma_fops);
}

static const struct of_device_id udma_of_match[] = {
	{ .compatible = "linux,xen-dma-udma" },
	{}
};

struct platform_driver udma_driver = {
	.probe = udma_probe,
	.driver = {
		.name = "xen-dma-udma",
		.of_match_table = udma_of_match,
		.suppress_bind_attrs = true,
	},
};
