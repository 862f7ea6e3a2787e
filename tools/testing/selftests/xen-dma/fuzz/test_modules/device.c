// SPDX-License-Identifier: GPL-2.0
/* The devices: those of ../../test_modules, and one that can be unbound. */
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "fuzz.h"

#define OWN		"xen-dma-fuzz-own"
#define MOST_PAGES	1024

static const char * const labels[] = { FUZZ_LABELS };
static struct device *devices[FUZZ_DEVICES];
static struct platform_device *own;
u32 fuzz_bound;
static DEFINE_MUTEX(own_lock);

static int has_label(struct device *dev, const void *label)
{
	const char *found;

	return dev->of_node && dev->driver &&
	       of_device_is_compatible(dev->of_node, "linux,xen-dma-test") &&
	       !of_property_read_string(dev->of_node, "label", &found) &&
	       !strcmp(found, label);
}

/* Return a device that is bound to a driver, or NULL. */
struct device *fuzz_device(u32 number)
{
	struct device *dev = number < FUZZ_DEVICES ? devices[number] : NULL;

	return dev && dev->driver ? dev : NULL;
}

/* The device is as the plain one: not coherent, without a pool. */
static int own_probe(struct platform_device *pdev)
{
	int ret = of_dma_configure(&pdev->dev, devices[FUZZ_PLAIN]->of_node, true);

	return ret ?: dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
}

static struct platform_driver own_driver = {
	.probe = own_probe,
	.driver.name = OWN,
};

/* Bind or unbind the own device, as a user would in sysfs. */
int fuzz_bind(unsigned long on)
{
	int ret = 0;

	mutex_lock(&own_lock);
	if (!on && own->dev.driver) {
		device_release_driver(&own->dev);
		fuzz_bound++;
	} else if (on && !own->dev.driver) {
		ret = device_attach(&own->dev) == 1 ? 0 : -ENODEV;
	}
	mutex_unlock(&own_lock);
	return ret;
}

/* Take the pool from a device, or give it back. */
int fuzz_pool(struct fuzz_file *f, const struct fuzz_pool *p)
{
	struct device *dev = fuzz_device(p->dev);
	int ret;

	if (p->dev != FUZZ_STATIC_POOL && p->dev != FUZZ_DYNAMIC_POOL)
		return -EINVAL;
	if (!dev)
		return -ENODEV;
	if (!p->release) {
		ret = of_reserved_mem_device_init(dev);
		if (!ret)
			f->released &= ~BIT(p->dev);
		return ret;
	}
	of_reserved_mem_device_release(dev);
	f->released |= BIT(p->dev);
	return 0;
}

/* A process can be killed before it does that. */
void fuzz_give_pools_back(struct fuzz_file *f)
{
	struct fuzz_pool p = {};

	for (p.dev = 0; p.dev < FUZZ_DEVICES; p.dev++)
		if (f->released & BIT(p.dev))
			fuzz_pool(f, &p);
}

/* Count the free pages of a pool: allocate all of them. */
int fuzz_free_pages(struct fuzz_pool *p)
{
	struct device *dev = fuzz_device(p->dev);
	struct page_of { void *cpu; dma_addr_t dma; } *pages;
	u32 n = 0;

	if (!dev || !dev->dma_mem)
		return -ENODEV;
	pages = kvcalloc(MOST_PAGES, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (n = 0; n < MOST_PAGES; n++) {
		pages[n].cpu = dma_alloc_attrs(dev, PAGE_SIZE, &pages[n].dma,
					       GFP_KERNEL | __GFP_NOWARN, 0);
		if (!pages[n].cpu)
			break;
	}
	p->free = n;
	while (n--)
		dma_free_attrs(dev, PAGE_SIZE, pages[n].cpu, pages[n].dma, 0);
	kvfree(pages);
	return 0;
}

static void put_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(labels); i++)
		put_device(devices[i]);
}

int __init fuzz_devices_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(labels); i++)
		devices[i] = bus_find_device(&platform_bus_type, NULL, labels[i],
					     has_label);
	if (!devices[FUZZ_PLAIN])
		return -ENODEV;
	ret = platform_driver_register(&own_driver);
	if (ret)
		goto no_driver;
	own = platform_device_register_simple(OWN, PLATFORM_DEVID_NONE, NULL, 0);
	ret = PTR_ERR_OR_ZERO(own);
	if (ret)
		goto no_device;
	devices[FUZZ_OWN] = &own->dev;
	return 0;

no_device:
	platform_driver_unregister(&own_driver);
no_driver:
	put_all();
	return ret;
}

/* Undo a failed load; the module is never unloaded. */
void __init fuzz_devices_exit(void)
{
	platform_device_unregister(own);
	platform_driver_unregister(&own_driver);
	put_all();
}
