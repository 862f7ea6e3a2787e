// SPDX-License-Identifier: GPL-2.0
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>

#include "drivers.h"

static void release_pool(void *dev)
{
	of_reserved_mem_device_release(dev);
}

int devices_prepare(struct device *dev, const char **label)
{
	u32 bits = 32;
	int ret;

	ret = of_property_read_string(dev->of_node, "label", label);
	if (ret)
		return ret;
	of_property_read_u32(dev->of_node, "dma-bits", &bits);
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
	if (ret)
		return dev_err_probe(dev, ret, "no DMA with %u bits\n", bits);
	if (!of_property_present(dev->of_node, "memory-region"))
		return 0;
	ret = of_reserved_mem_device_init(dev);
	if (ret)
		return dev_err_probe(dev, ret, "no pool\n");
	return devm_add_action_or_reset(dev, release_pool, dev);
}

static void remove_file(void *misc)
{
	misc_deregister(misc);
}

int devices_add_file(struct device *dev, struct miscdevice *misc, const char *prefix,
		     const char *label, const struct file_operations *fops)
{
	int ret;

	misc->minor = MISC_DYNAMIC_MINOR;
	misc->name = devm_kasprintf(dev, GFP_KERNEL, "%s%s", prefix, label);
	misc->fops = fops;
	if (!misc->name)
		return -ENOMEM;
	ret = misc_register(misc);
	return ret ?: devm_add_action_or_reset(dev, remove_file, misc);
}

static struct platform_driver *const drivers[] = {
	&m2m_driver, &udma_driver, &grow_driver,
};

static int __init xen_dma_devices_init(void)
{
	return platform_register_drivers(drivers, ARRAY_SIZE(drivers));
}
module_init(xen_dma_devices_init);

MODULE_DESCRIPTION("Devices without hardware, for drivers with DMA buffers");
MODULE_LICENSE("GPL");
