// SPDX-License-Identifier: GPL-2.0
/* QEMU's "edu" device, and its DMA. */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/module.h>

#include "edu.h"

/* Registers, in BAR 0: see docs/specs/edu in QEMU's source. */
#define XDE_DMA_FROM		0x80
#define XDE_DMA_TO		0x88
#define XDE_DMA_COUNT		0x90
#define XDE_DMA_COMMAND		0x98
#define XDE_DMA_START		BIT(0)
#define XDE_DMA_TO_MEMORY	BIT(1)
#define XDE_DEVICE_MEMORY	0x40000
#define XDE_COHERENT_BITS	29

struct pci_dev *xde_pdev;
static void __iomem *xde_regs;
static int (*xde_found)(void);

int xde_transfer(dma_addr_t memory, size_t size, bool to_memory)
{
	u64 command = XDE_DMA_START | (to_memory ? XDE_DMA_TO_MEMORY : 0);
	unsigned int tries = 100;

	writeq(to_memory ? XDE_DEVICE_MEMORY : memory, xde_regs + XDE_DMA_FROM);
	writeq(to_memory ? memory : XDE_DEVICE_MEMORY, xde_regs + XDE_DMA_TO);
	writeq(size, xde_regs + XDE_DMA_COUNT);
	writeq(command, xde_regs + XDE_DMA_COMMAND);
	while (readq(xde_regs + XDE_DMA_COMMAND) & XDE_DMA_START) {
		if (!tries--)
			return -ETIMEDOUT;
		msleep(20);
	}
	return 0;
}

static int xde_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	if (xde_pdev)
		return -EBUSY;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	/*
	 * Ask for low machine frames: dom0 has frames of these numbers, too,
	 * so that a wrong mapping shows memory.  Do not use dma_set_coherent_mask(): it
	 * fails if the swiotlb, not used here, is not device reachable.
	 */
	pdev->dev.coherent_dma_mask = DMA_BIT_MASK(XDE_COHERENT_BITS);
	xde_regs = pcim_iomap(pdev, 0, 0);
	if (!xde_regs)
		return -ENOMEM;
	pci_set_master(pdev);
	xde_pdev = pdev;
	return xde_found();
}

static const struct pci_device_id xde_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, xde_ids);

static struct pci_driver xde_driver = {
	.name = "xen-dma-edu",
	.id_table = xde_ids,
	.probe = xde_probe,
	.driver.suppress_bind_attrs = true,
};

int xde_register(int (*found)(void))
{
	xde_found = found;
	return pci_register_driver(&xde_driver);
}
