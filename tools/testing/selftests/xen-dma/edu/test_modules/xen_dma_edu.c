// SPDX-License-Identifier: GPL-2.0
/*
 * DMA buffers of QEMU's "edu" device in an x86 PV dom0, where a DMA address is a
 * machine address: the device moves data, and user space maps the buffer.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/dma-map-ops.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/xen.h>

#include "xen_dma_edu.h"

/* Registers, in BAR 0: see docs/specs/edu in QEMU's source. */
#define XDE_DMA_FROM		0x80
#define XDE_DMA_TO		0x88
#define XDE_DMA_COUNT		0x90
#define XDE_DMA_COMMAND		0x98
#define XDE_DMA_START		BIT(0)
#define XDE_DMA_TO_MEMORY	BIT(1)
#define XDE_DEVICE_MEMORY	0x40000
#define XDE_COHERENT_BITS	29

static struct pci_dev *xde_pdev;
static void __iomem *xde_regs;
static DEFINE_MUTEX(xde_lock);	/* the device serves one caller at a time */

struct xde_buf {
	void *cpu_addr;
	dma_addr_t dma_addr;
	size_t size;
	unsigned long attrs;
	bool raw_frame;
};

static int xde_move(struct xde_buf *b, const struct xde_move *m)
{
	u64 command = XDE_DMA_START | (m->to_memory ? XDE_DMA_TO_MEMORY : 0);
	u64 memory = b->dma_addr + m->offset;
	unsigned int tries = 100;

	if (!b->cpu_addr || m->size > XDE_DEVICE_SIZE || m->offset > b->size ||
	    m->size > b->size - m->offset)
		return -EINVAL;
	writeq(m->to_memory ? XDE_DEVICE_MEMORY : memory, xde_regs + XDE_DMA_FROM);
	writeq(m->to_memory ? memory : XDE_DEVICE_MEMORY, xde_regs + XDE_DMA_TO);
	writeq(m->size, xde_regs + XDE_DMA_COUNT);
	writeq(command, xde_regs + XDE_DMA_COMMAND);
	while (readq(xde_regs + XDE_DMA_COMMAND) & XDE_DMA_START) {
		if (!tries--)
			return -ETIMEDOUT;
		msleep(20);
	}
	return 0;
}

static int xde_alloc(struct xde_buf *b, struct xde_alloc *a)
{
	if (b->cpu_addr)
		return -EBUSY;
	b->size = a->size;
	b->attrs = a->no_mapping ? DMA_ATTR_NO_KERNEL_MAPPING : 0;
	b->cpu_addr = dma_alloc_attrs(&xde_pdev->dev, b->size, &b->dma_addr,
				      GFP_KERNEL, b->attrs);
	if (!b->cpu_addr)
		return -ENOMEM;
	a->dma_addr = b->dma_addr;
	a->phys = virt_to_phys(b->cpu_addr);
	return 0;
}

static int xde_sgtable(struct xde_buf *b, struct xde_sgtable *s)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i;
	int ret;

	ret = dma_get_sgtable_attrs(&xde_pdev->dev, &sgt, b->cpu_addr,
				    b->dma_addr, b->size, b->attrs);
	if (ret)
		return ret;
	s->phys = sg_phys(sgt.sgl);
	s->length = 0;
	for_each_sg(sgt.sgl, sg, sgt.nents, i)
		s->length += sg->length;
	sg_free_table(&sgt);
	return 0;
}

static int xde_info(struct xde_info *i)
{
	i->pv_domain = xen_pv_domain();
	i->initial_domain = xen_initial_domain();
	scnprintf(i->ops, sizeof(i->ops), "%ps", get_dma_ops(&xde_pdev->dev));
	return 0;
}

static int xde_do_ioctl(struct xde_buf *b, unsigned int cmd, void *arg)
{
	switch (cmd) {
	case XDE_IOC_INFO:
		return xde_info(arg);
	case XDE_IOC_ALLOC:
		return xde_alloc(b, arg);
	case XDE_IOC_MOVE:
		return xde_move(b, arg);
	case XDE_IOC_SGTABLE:
		return b->cpu_addr ? xde_sgtable(b, arg) : -EINVAL;
	case XDE_IOC_RAW_FRAME:
		b->raw_frame = true;
		return 0;
	}
	return -ENOTTY;
}

static long xde_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	union {
		struct xde_info info;
		struct xde_alloc alloc;
		struct xde_move move;
		struct xde_sgtable sgtable;
	} u = {};
	long ret;

	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) &&
	    copy_from_user(&u, (void __user *)arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	mutex_lock(&xde_lock);
	ret = xde_do_ioctl(file->private_data, cmd, &u);
	mutex_unlock(&xde_lock);
	if (!ret && (_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user((void __user *)arg, &u, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static int xde_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct xde_buf *b = file->private_data;

	if (!b->cpu_addr)
		return -EINVAL;
	if (!b->raw_frame)
		return dma_mmap_attrs(&xde_pdev->dev, vma, b->cpu_addr,
				      b->dma_addr, b->size, b->attrs);
	return remap_pfn_range(vma, vma->vm_start,
			       PHYS_PFN(b->dma_addr) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static ssize_t xde_read(struct file *file, char __user *to, size_t len,
			loff_t *pos)
{
	struct xde_buf *b = file->private_data;

	if (!b->cpu_addr)
		return -EINVAL;
	return simple_read_from_buffer(to, len, pos, b->cpu_addr, b->size);
}

static ssize_t xde_write(struct file *file, const char __user *from, size_t len,
			 loff_t *pos)
{
	struct xde_buf *b = file->private_data;

	if (!b->cpu_addr)
		return -EINVAL;
	return simple_write_to_buffer(b->cpu_addr, b->size, pos, from, len);
}

static int xde_open(struct inode *inode, struct file *file)
{
	struct xde_buf *b = kzalloc(sizeof(*b), GFP_KERNEL);

	file->private_data = b;
	return b ? 0 : -ENOMEM;
}

static int xde_release(struct inode *inode, struct file *file)
{
	struct xde_buf *b = file->private_data;

	if (b->cpu_addr)
		dma_free_attrs(&xde_pdev->dev, b->size, b->cpu_addr,
			       b->dma_addr, b->attrs);
	kfree(b);
	return 0;
}

static const struct file_operations xde_fops = {
	.owner = THIS_MODULE,
	.open = xde_open,
	.release = xde_release,
	.unlocked_ioctl = xde_ioctl,
	.mmap = xde_mmap,
	.read = xde_read,
	.write = xde_write,
};

static struct miscdevice xde_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen-dma-edu",
	.fops = &xde_fops,
};

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
	return misc_register(&xde_misc);
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

/* The module is never unloaded. */
static int __init xde_init(void)
{
	return pci_register_driver(&xde_driver);
}
module_init(xde_init);

MODULE_DESCRIPTION("DMA buffers of QEMU's edu device, shown to user space");
MODULE_LICENSE("GPL");
