// SPDX-License-Identifier: GPL-2.0
/* The file of the fuzzer: each request is one call of the DMA API. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fuzz.h"

static void fuzz_counts(struct fuzz_counts *c)
{
	c->objects = atomic_read(&fuzz_objects);
	c->buffers = atomic_read(&fuzz_buffers);
	c->streams = atomic_read(&fuzz_streams);
}

static int fuzz_select(struct fuzz_file *f, unsigned long number)
{
	struct fuzz_obj *obj = fuzz_obj(f, number);

	if (f->selected)
		fuzz_put(f->selected);
	f->selected = obj;
	if (!obj)
		return -EINVAL;
	kref_get(&obj->ref);
	return 0;
}

/* Requests whose argument is a number. */
static long fuzz_number(struct fuzz_file *f, unsigned int cmd, unsigned long number)
{
	switch (cmd) {
	case FUZZ_IOC_FREE:
		return fuzz_free(f, number);
	case FUZZ_IOC_SELECT:
		return fuzz_select(f, number);
	case FUZZ_IOC_UNMAP:
		return fuzz_unmap(f, number);
	case FUZZ_IOC_BIND:
		return fuzz_bind(number);
	}
	return -ENOTTY;
}

static long fuzz_request(struct fuzz_file *f, unsigned int cmd, void *arg)
{
	struct fuzz_sgtable *s = arg;
	struct fuzz_export *e = arg;
	struct fuzz_obj *obj;

	switch (cmd) {
	case FUZZ_IOC_ALLOC:
		return fuzz_alloc(f, arg);
	case FUZZ_IOC_SGTABLE:
		obj = fuzz_obj(f, s->obj);
		return obj ? fuzz_sgtable(obj, s) : -EINVAL;
	case FUZZ_IOC_ACCESS:
		return fuzz_access(arg);
	case FUZZ_IOC_EXPORT:
		obj = fuzz_obj(f, e->obj);
		return obj ? fuzz_export(obj, e) : -EINVAL;
	case FUZZ_IOC_MAP:
		return fuzz_map(f, arg);
	case FUZZ_IOC_SYNC:
		return fuzz_sync(f, arg);
	case FUZZ_IOC_POOL:
		return fuzz_pool(f, arg);
	case FUZZ_IOC_FREE_PAGES:
		return fuzz_free_pages(arg);
	case FUZZ_IOC_COUNTS:
		fuzz_counts(arg);
		return 0;
	case FUZZ_IOC_P2M:
		return fuzz_p2m(arg);
	}
	return -ENOTTY;
}

static long fuzz_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct fuzz_file *f = file->private_data;
	union {
		struct fuzz_alloc alloc;
		struct fuzz_sgtable sgtable;
		struct fuzz_access access;
		struct fuzz_export export;
		struct fuzz_map map;
		struct fuzz_sync sync;
		struct fuzz_pool pool;
		struct fuzz_counts counts;
		struct fuzz_p2m p2m;
	} u = {};
	long ret;

	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE &&
	    copy_from_user(&u, (void __user *)arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	mutex_lock(&f->lock);
	ret = _IOC_DIR(cmd) ? fuzz_request(f, cmd, &u) : fuzz_number(f, cmd, arg);
	mutex_unlock(&f->lock);
	if (!ret && _IOC_DIR(cmd) & _IOC_READ &&
	    copy_to_user((void __user *)arg, &u, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static int fuzz_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct fuzz_file *f = file->private_data;

	/* No other thread changes the selection: a sequence has one. */
	return f->selected ? fuzz_mmap_obj(f->selected, vma) : -EINVAL;
}

static int fuzz_open(struct inode *inode, struct file *file)
{
	struct fuzz_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	file->private_data = f;
	return 0;
}

static int fuzz_release(struct inode *inode, struct file *file)
{
	struct fuzz_file *f = file->private_data;
	unsigned long i;

	for (i = 0; i < FUZZ_STREAMS; i++)
		fuzz_unmap(f, i);
	for (i = 0; i < FUZZ_OBJECTS; i++)
		fuzz_free(f, i);
	if (f->selected)
		fuzz_put(f->selected);
	fuzz_give_pools_back(f);
	kfree(f);
	return 0;
}

static const struct file_operations fuzz_fops = {
	.owner = THIS_MODULE,
	.open = fuzz_open,
	.release = fuzz_release,
	.unlocked_ioctl = fuzz_ioctl,
	.mmap = fuzz_mmap,
};

static struct miscdevice fuzz_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen-dma-fuzz",
	.fops = &fuzz_fops,
};

static int __init fuzz_init(void)
{
	int ret = fuzz_devices_init();

	if (ret)
		return ret;
	ret = misc_register(&fuzz_misc);
	if (ret)
		fuzz_devices_exit();
	return ret;
}
module_init(fuzz_init);

MODULE_DESCRIPTION("Calls of the DMA API, in any order that user space likes");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_LICENSE("GPL");
