/* SPDX-License-Identifier: GPL-2.0 */
/* Shared declarations of the module. */
#ifndef XEN_DMA_DEVICES_DRIVERS_H
#define XEN_DMA_DEVICES_DRIVERS_H

#include <linux/device.h>
#include <linux/miscdevice.h>
#include <linux/platform_device.h>

/*
 * Set the mask of a device, and give it its pool, if it has one.  Return 0 or an error,
 * and the label of the device.
 */
int devices_prepare(struct device *dev, const char **label);

/* Register a file /dev/PREFIXLABEL, until the device goes; return 0 or an error. */
int devices_add_file(struct device *dev, struct miscdevice *misc, const char *prefix,
		     const char *label, const struct file_operations *fops);

/* Map and unmap memory as a device reaches it, from its DMA address only. */
void *view_map(struct device *dev, dma_addr_t dma, size_t size);
void view_unmap(struct device *dev, dma_addr_t dma, void *view);

extern struct platform_driver m2m_driver, udma_driver, grow_driver;

#endif /* XEN_DMA_DEVICES_DRIVERS_H */
