// SPDX-License-Identifier: GPL-2.0
/*
 * DMA buffers of QEMU's "edu" device in an x86 PV dom0, where a DMA address is a
 * machine address: the device moves data, and user space maps the buffer.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-map-ops.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/xen.h>

#include "edu.h"

static DEFINE_MUTEX(xde_lock);	/* the device serves one caller at a time */

static int xde_move(struct xde_buf *b, const struct xde_move *m)
{
	if (!b->cpu_addr || m->size > XDE_DEVICE_SIZE || m->offset > b->size ||
	    m->size > b->size - m->offset)
		return -EINVAL;
	return xde_transfer((b->aim ?: b->dma_addr) + m->offset, m->size, m->to_memory);
}

static int xde_alloc(struct xde_buf *b, struct xde_alloc *a)
{
	if (b->cpu_addr)
		return -EBUSY;
	b->size = a->size;
	b->attrs = (a->no_mapping ? DMA_ATTR_NO_KERNEL_MAPPING : 0) |
		   (a->write_combine ? DMA_ATTR_WRITE_COMBINE : 0);
	b->cpu_addr = dma_alloc_attrs(&xde_pdev->dev, b->size, &b->dma_addr,
				      GFP_KERNEL | __GFP_NOWARN, b->attrs);
	if (!b->cpu_addr)
		return -ENOMEM;
	a->dma_addr = b->dma_addr;
	a->phys = virt_to_phys(b->cpu_addr);
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
	case XDE_IOC_SG_READ:
		return b->cpu_addr ? xde_sg_read(b, arg) : -EINVAL;
	case XDE_IOC_STREAM:
		return xde_stream(arg);
	case XDE_IOC_RAW_FRAME:
		b->raw_frame = true;
		return 0;
	case XDE_IOC_AIM:
		b->aim = *(u64 *)arg;
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
		struct xde_sg_read sg_read;
		struct xde_stream stream;
		u64 aim;
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

static int xde_show(void)
{
	return misc_register(&xde_misc);
}

/* The module is never unloaded. */
static int __init xde_init(void)
{
	return xde_register(xde_show);
}
module_init(xde_init);

MODULE_DESCRIPTION("DMA buffers of QEMU's edu device, shown to user space");
MODULE_LICENSE("GPL");
