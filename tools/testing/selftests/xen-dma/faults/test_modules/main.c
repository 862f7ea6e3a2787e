// SPDX-License-Identifier: GPL-2.0
/* Do one operation for a test device, again and again, while parts of it fail. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "ops.h"

static const struct faults_kind *const kinds[FAULTS_OPS] = {
	[FAULTS_ALLOC] = &faults_alloc,
	[FAULTS_PAGES] = &faults_pages,
	[FAULTS_NONCONTIGUOUS] = &faults_noncontiguous,
	[FAULTS_SGTABLE] = &faults_sgtable,
	[FAULTS_MAP] = &faults_map,
	[FAULTS_SG] = &faults_sg,
	[FAULTS_RESOURCE] = &faults_resource,
	[FAULTS_GRANTS] = &faults_grants,
	[FAULTS_FOREIGN] = &faults_foreign,
	[FAULTS_DECLARE] = &faults_declare,
	[FAULTS_RESERVED] = &faults_reserved,
};

struct device *faults_device(const char *label)
{
	struct platform_device *pdev = NULL;
	struct device_node *np;
	const char *name;

	for_each_compatible_node(np, NULL, "linux,xen-dma-test") {
		if (of_property_read_string(np, "label", &name) || strcmp(name, label))
			continue;
		pdev = of_find_device_by_node(np);
		of_node_put(np);
		break;
	}
	return pdev ? &pdev->dev : NULL;
}

static void undo(struct faults *f)
{
	if (kinds[f->op.op]->undo)
		kinds[f->op.op]->undo(f);
}

static void clean(struct faults *f)
{
	if (!f->prepared)
		return;
	undo(f);
	if (kinds[f->op.op]->clean)
		kinds[f->op.op]->clean(f);
	put_device(f->dev);
	f->prepared = false;
}

static int prepare(struct faults *f, const struct faults_op *op)
{
	clean(f);
	if (op->op >= FAULTS_OPS || strnlen(op->label, sizeof(op->label)) == sizeof(op->label))
		return -EINVAL;
	f->op = *op;
	f->dev = faults_device(op->label);
	if (!f->dev)
		return -ENODEV;
	f->prepared = true;
	return kinds[op->op]->prepare ? kinds[op->op]->prepare(f) : 0;
}

static int run_once(struct faults *f)
{
	int ret = kinds[f->op.op]->run(f);

	if (!(f->op.flags & FAULTS_LEAK))
		undo(f);
	return ret;
}

static void run(struct faults *f, struct faults_run *r)
{
	/* A control has left something. */
	undo(f);
	f->wrong = 0;
	r->ret = run_once(f);
	r->wrong = f->wrong;
}

static int fill(struct faults *f, struct faults_fill *fill)
{
	int ret;

	f->wrong = 0;
	ret = f->memory ? faults_fill_bounce(f, fill, run_once) :
			  faults_fill_buffers(f, fill, run_once);
	fill->wrong = f->wrong;
	return ret;
}

static void count(struct faults *f, struct faults_counts *c)
{
	c->pool = faults_pool_pages(f);
	faults_count_entries(f, c);
}

/*
 * The allocator keeps addresses of objects that it has handed out, until it needs the
 * space, and kmemleak finds them there.  So forget as many objects as a test would.
 */
static noinline int faults_forget(void)
{
	unsigned int i;

	for (i = 0; i < FAULTS_OBJECTS; i++)
		if (!kzalloc(1000, GFP_KERNEL))
			return -ENOMEM;
	return 0;
}

static int do_ioctl(struct faults *f, unsigned int cmd, void *arg)
{
	if (cmd == FAULTS_IOC_PREPARE)
		return prepare(f, arg);
	if (cmd == FAULTS_IOC_REFUSE)
		return faults_refuse(arg);
	if (cmd == FAULTS_IOC_FORGET)
		return faults_forget();
	if (cmd == FAULTS_IOC_SETTLE) {
		vm_unmap_aliases();
		return 0;
	}
	if (!f->prepared)
		return -EINVAL;
	switch (cmd) {
	case FAULTS_IOC_RUN:
		run(f, arg);
		return 0;
	case FAULTS_IOC_COUNTS:
		count(f, arg);
		return 0;
	case FAULTS_IOC_GRANT:
		return faults_grant(f, arg);
	case FAULTS_IOC_END:
		return faults_end(f);
	case FAULTS_IOC_FILL:
		return fill(f, arg);
	}
	return -ENOTTY;
}

static long faults_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct faults *f = file->private_data;
	union {
		struct faults_op op;
		struct faults_run run;
		struct faults_counts counts;
		struct faults_fill fill;
		struct faults_refuse refuse;
		struct faults_refs refs;
	} u = {};
	long ret;

	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) &&
	    copy_from_user(&u, (void __user *)arg, _IOC_SIZE(cmd)))
		return -EFAULT;

	mutex_lock(&f->lock);
	ret = do_ioctl(f, cmd, &u);
	mutex_unlock(&f->lock);

	if (!ret && (_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user((void __user *)arg, &u, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static int faults_open(struct inode *inode, struct file *file)
{
	struct faults *f = kzalloc_obj(*f);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	file->private_data = f;
	return 0;
}

static int faults_release(struct inode *inode, struct file *file)
{
	faults_refuse_nothing();
	clean(file->private_data);
	kfree(file->private_data);
	return 0;
}

static const struct file_operations faults_fops = {
	.owner = THIS_MODULE,
	.open = faults_open,
	.release = faults_release,
	.unlocked_ioctl = faults_ioctl,
};

static struct miscdevice faults_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen-dma-faults",
	.fops = &faults_fops,
};

static int __init faults_init(void)
{
	int ret = faults_refuse_init();

	if (ret)
		return ret;
	ret = misc_register(&faults_misc);
	if (ret)
		faults_refuse_exit();
	return ret;
}
module_init(faults_init);

MODULE_DESCRIPTION("DMA operations whose allocations and hypercalls fail");
MODULE_LICENSE("GPL");
