// SPDX-License-Identifier: GPL-2.0
/* The device file: one open file is one buffer. */
#include <linux/dma-map-ops.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <xen/xen.h>

#include "xdt.h"

static void xdt_info(struct xdt_dev *xdt, struct xdt_info *info)
{
	info->initial_domain = xen_initial_domain();
	info->coherent = dev_is_dma_coherent(xdt->dev);
	info->private_pool = !!xdt->dev->dma_mem;
	info->page_size = PAGE_SIZE;
#ifdef DMA_ATTR_MMIO
	info->maps_mmio = true;
#endif
	info->bounces_small = IS_ENABLED(CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC);
	info->watches_cookies = xdt_cookie_is_watched();
	info->mmio_has_offset = LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0);
	info->pool_has_page = xdt->pool_size && xdt_has_page(xdt->pool_phys);
	info->pool_phys = xdt->pool_phys;
	info->pool_size = xdt->pool_size;
	scnprintf(info->ops, sizeof(info->ops), "%ps", get_dma_ops(xdt->dev));
}

static long xdt_do_ioctl(struct xdt_buf *b, unsigned int cmd, void *arg)
{
	switch (cmd) {
	case XDT_IOC_INFO:
		xdt_info(b->xdt, arg);
		return 0;
	case XDT_IOC_ALLOC:
		return xdt_alloc(b, arg);
	case XDT_IOC_FREE:
		xdt_free(b);
		return 0;
	case XDT_IOC_SGTABLE:
		return b->cpu_addr ? xdt_sgtable(b, arg) : -EINVAL;
	case XDT_IOC_TRANSLATE:
		return xdt_translate(arg);
	case XDT_IOC_FLUSH:
		return xdt_flush(arg);
	case XDT_IOC_SEEN:
		xdt_seen_take(arg);
		return 0;
	case XDT_IOC_PROVOKE:
		return xdt_provoke(b->xdt, arg);
	case XDT_IOC_RAM:
		return xdt_ram(arg);
	case XDT_IOC_CASE:
		return xdt_map_case(b->xdt, arg);
	case XDT_IOC_PAGES:
		return xdt_alloc_pages(b->xdt, arg);
	case XDT_IOC_WIDE:
		return xdt_sync_wide(b->xdt, arg);
	case XDT_IOC_BENCH:
		return xdt_bench(b, arg);
	case XDT_IOC_ENTRIES:
		return xdt_entries(arg);
	case XDT_IOC_MMAP:
		memcpy(&b->mmap, arg, sizeof(b->mmap));
		return 0;
	}
	return -ENOTTY;
}

static long xdt_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct xdt_buf *b = file->private_data;
	union {
		struct xdt_info info;
		struct xdt_alloc alloc;
		struct xdt_sgtable sgtable;
		struct xdt_translate translate;
		struct xdt_mmap mmap;
		struct xdt_flush flush;
		struct xdt_seen seen;
		struct xdt_provoke provoke;
		struct xdt_ram ram;
		struct xdt_case map_case;
		struct xdt_bench bench;
		struct xdt_entries entries;
		struct xdt_pages pages;
		struct xdt_wide wide;
	} u = {};
	long ret;

	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) &&
	    copy_from_user(&u, (void __user *)arg, _IOC_SIZE(cmd)))
		return -EFAULT;

	mutex_lock(&b->lock);
	ret = xdt_do_ioctl(b, cmd, &u);
	mutex_unlock(&b->lock);

	if (!ret && (_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user((void __user *)arg, &u, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static int xdt_mmap(struct file *file, struct vm_area_struct *vma)
{
	return xdt_map(file->private_data, vma);
}

static ssize_t xdt_read(struct file *file, char __user *to, size_t len,
			loff_t *pos)
{
	struct xdt_buf *b = file->private_data;

	if (!b->view)
		return -EINVAL;
	return simple_read_from_buffer(to, len, pos, b->view, b->size);
}

static ssize_t xdt_write(struct file *file, const char __user *from, size_t len,
			 loff_t *pos)
{
	struct xdt_buf *b = file->private_data;

	if (!b->view)
		return -EINVAL;
	return simple_write_to_buffer(b->view, b->size, pos, from, len);
}

static int xdt_open(struct inode *inode, struct file *file)
{
	struct miscdevice *misc = file->private_data;
	struct xdt_buf *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->xdt = container_of(misc, struct xdt_dev, misc);
	mutex_init(&b->lock);
	file->private_data = b;
	return 0;
}

static int xdt_release(struct inode *inode, struct file *file)
{
	xdt_free(file->private_data);
	kfree(file->private_data);
	return 0;
}

const struct file_operations xdt_fops = {
	.owner = THIS_MODULE,
	.open = xdt_open,
	.release = xdt_release,
	.unlocked_ioctl = xdt_ioctl,
	.mmap = xdt_mmap,
	.read = xdt_read,
	.write = xdt_write,
};
