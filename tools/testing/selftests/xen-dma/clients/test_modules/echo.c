// SPDX-License-Identifier: GPL-2.0
/*
 * The service of a remote processor, as a file.  write() sends one message, and
 * read() returns the next message that came back.
 */
#include <linux/kfifo.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "clients.h"

struct echo {
	struct kref refs;	/* one for the service, and for each open file */
	struct mutex sending;	/* protects rpdev while a message is sent */
	struct mutex reading;	/* serializes readers */
	struct rpmsg_device *rpdev;	/* NULL when the service is gone */
	struct miscdevice misc;
	wait_queue_head_t came;
	spinlock_t lock;	/* serializes writers of back */

	STRUCT_KFIFO_REC_2(8192) back;
};

static void echo_release_refs(struct kref *refs)
{
	kfree(container_of(refs, struct echo, refs));
}

/* misc_open() and misc_deregister() exclude each other. */
static int echo_open(struct inode *inode, struct file *file)
{
	struct echo *e = container_of(file->private_data, struct echo, misc);

	kref_get(&e->refs);
	file->private_data = e;
	return 0;
}

static int echo_release(struct inode *inode, struct file *file)
{
	struct echo *e = file->private_data;

	kref_put(&e->refs, echo_release_refs);
	return 0;
}

static ssize_t echo_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct echo *e = file->private_data;
	int ret = -ENODEV;
	void *data;

	if (size > ECHO_MAX)
		return -EMSGSIZE;
	data = memdup_user(from, size);
	if (IS_ERR(data))
		return PTR_ERR(data);
	scoped_guard(mutex, &e->sending)
		if (e->rpdev)
			ret = rpmsg_send(e->rpdev->ept, data, size);
	kfree(data);
	return ret ?: size;
}

static ssize_t echo_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct echo *e = file->private_data;
	unsigned int copied = 0;
	int ret;

	ret = mutex_lock_interruptible(&e->reading);
	if (ret)
		return ret;
	ret = wait_event_interruptible(e->came, !kfifo_is_empty(&e->back) ||
				       !READ_ONCE(e->rpdev));
	if (!ret && kfifo_is_empty(&e->back))
		ret = -ENODEV;
	if (!ret)
		ret = kfifo_to_user(&e->back, to, size, &copied);
	mutex_unlock(&e->reading);
	return ret ? ret : (ssize_t)copied;
}

static const struct file_operations echo_fops = {
	.owner = THIS_MODULE,
	.open = echo_open,
	.release = echo_release,
	.write = echo_write,
	.read = echo_read,
};

static int echo_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct echo *e = dev_get_drvdata(&rpdev->dev);

	if (!e)		/* the probe has not ended, or has failed */
		return 0;
	if (!kfifo_in_spinlocked(&e->back, data, len, &e->lock))
		dev_err(&rpdev->dev, "a message of %d bytes is lost\n", len);
	wake_up_interruptible(&e->came);
	return 0;
}

/* End the callbacks before @e is freed; the core ends them later. */
static void echo_end(struct rpmsg_device *rpdev, struct echo *e)
{
	rpmsg_destroy_ept(rpdev->ept);
	rpdev->ept = NULL;
	kref_put(&e->refs, echo_release_refs);
}

static int echo_probe(struct rpmsg_device *rpdev)
{
	struct echo *e = kzalloc(sizeof(*e), GFP_KERNEL);
	int ret;

	if (!e)
		return -ENOMEM;
	kref_init(&e->refs);
	mutex_init(&e->sending);
	mutex_init(&e->reading);
	e->rpdev = rpdev;
	init_waitqueue_head(&e->came);
	spin_lock_init(&e->lock);
	INIT_KFIFO(e->back);
	e->misc.minor = MISC_DYNAMIC_MINOR;
	e->misc.name = rpdev->id.name;
	e->misc.fops = &echo_fops;
	dev_set_drvdata(&rpdev->dev, e);
	ret = misc_register(&e->misc);
	if (ret)
		echo_end(rpdev, e);
	return ret;
}

static void echo_remove(struct rpmsg_device *rpdev)
{
	struct echo *e = dev_get_drvdata(&rpdev->dev);

	misc_deregister(&e->misc);
	scoped_guard(mutex, &e->sending)
		WRITE_ONCE(e->rpdev, NULL);
	wake_up_interruptible(&e->came);
	echo_end(rpdev, e);
}

static const struct rpmsg_device_id echo_ids[] = {
	{ .name = SERVICE "static" },
	{ .name = SERVICE "dynamic" },
	{ .name = SERVICE "shifted" },
	{}
};
MODULE_DEVICE_TABLE(rpmsg, echo_ids);

struct rpmsg_driver echo_driver = {
	.drv.name = "xen-dma-echo",
	.id_table = echo_ids,
	.probe = echo_probe,
	.callback = echo_callback,
	.remove = echo_remove,
};
