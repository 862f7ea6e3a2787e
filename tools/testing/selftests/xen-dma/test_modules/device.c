// SPDX-License-Identifier: GPL-2.0
/*
 * Show user space the DMA buffers of a device behind Xen's swiotlb.
 *
 * The test device is a node of the device tree ("linux,xen-dma-test") without
 * hardware.  The tests need none: they check everything up to the address that a
 * driver would give to the hardware.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-direct.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>

#include "xdt.h"

/* Bus address of the on-chip memory. */
#define XDT_ONCHIP_DMA		0x20000000

/*
 * On-chip memory as private pool, with a bus address of its own.  Only
 * built-in platform code can declare one, so the function has no export.
 */
static int xdt_declare(struct xdt_dev *xdt, struct resource *res)
{
	int (*declare)(struct device *dev, phys_addr_t phys, dma_addr_t dma,
		       size_t size);

	declare = xdt_symbol("dma_declare_coherent_memory");
	if (!declare)
		return -ENOENT;
	xdt->pool_phys = res->start;
	xdt->pool_dma = XDT_ONCHIP_DMA;
	xdt->pool_size = resource_size(res);
	return declare(xdt->dev, xdt->pool_phys, xdt->pool_dma, xdt->pool_size);
}

static int xdt_reserved(struct xdt_dev *xdt)
{
	struct device_node *node;
	struct reserved_mem *rmem;
	int ret;

	ret = of_reserved_mem_device_init(xdt->dev);
	if (ret)
		return ret;
	node = of_parse_phandle(xdt->dev->of_node, "memory-region", 0);
	rmem = of_reserved_mem_lookup(node);
	of_node_put(node);
	if (!rmem)
		return -ENODEV;
	xdt->pool_phys = rmem->base;
	xdt->pool_dma = phys_to_dma(xdt->dev, rmem->base);
	xdt->pool_size = rmem->size;
	return 0;
}

static int xdt_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct resource *res;
	struct xdt_dev *xdt;
	const char *label;
	u32 bits = 32;
	int ret;

	ret = of_property_read_string(dev->of_node, "label", &label);
	if (ret)
		return ret;

	of_property_read_u32(dev->of_node, "dma-bits", &bits);
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
	if (ret)
		return ret;

	xdt = devm_kzalloc(dev, sizeof(*xdt), GFP_KERNEL);
	if (!xdt)
		return -ENOMEM;
	xdt->dev = dev;
	dma_set_max_seg_size(dev, XDT_RAM);

	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (res)
		ret = xdt_declare(xdt, res);
	else if (of_property_present(dev->of_node, "memory-region"))
		ret = xdt_reserved(xdt);
	if (ret)
		return dev_err_probe(dev, ret, "no private pool\n");

	xdt->misc.minor = MISC_DYNAMIC_MINOR;
	xdt->misc.name = devm_kasprintf(dev, GFP_KERNEL, "xen-dma-test-%s",
					label);
	if (!xdt->misc.name)
		return -ENOMEM;
	xdt->misc.fops = &xdt_fops;
	return misc_register(&xdt->misc);
}

static const struct of_device_id xdt_of_match[] = {
	{ .compatible = "linux,xen-dma-test" },
	{}
};
MODULE_DEVICE_TABLE(of, xdt_of_match);

static struct platform_driver xdt_driver = {
	.probe = xdt_probe,
	.driver = {
		.name = "xen-dma-test",
		.of_match_table = xdt_of_match,
		.suppress_bind_attrs = true,
	},
};

static bool warn;
module_param(warn, bool, 0);
MODULE_PARM_DESC(warn, "Splat when loaded: the rig must notice");

static int __init xdt_init(void)
{
	int ret;

	WARN_ON(warn);
	ret = xdt_detector_init();
	if (ret)
		return ret;
	ret = xdt_cookie_init();
	if (ret)
		goto no_cookie;
	ret = platform_driver_register(&xdt_driver);
	if (!ret)
		return 0;
	xdt_cookie_exit();
no_cookie:
	xdt_detector_exit();
	return ret;
}
module_init(xdt_init);

MODULE_DESCRIPTION("DMA buffers behind Xen's swiotlb, shown to user space");
MODULE_LICENSE("GPL");
