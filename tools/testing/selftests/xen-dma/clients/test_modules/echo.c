// SPDX-License-Identifier: GPL-2.0
/*
 * The service of a remote processor, as a file: what is written is one message,
 * what is read is the next that came back.
 */
#include <linux/kfifo.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "clients.h"

struct echo {
	struct rpmsg_device *rpdev;
	struct miscdevice misc;
	wait_queue_head_t came;
	spinlock_t lock;	/* of what came back */

	STRUCT_KFIFO_REC_2(8192) back;
};

static struct echo *echo_of(struct file *file)
{
	return container_of(file->private_data, struct echo, misc);
}

static ssize_t echo_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	void *data;
	int ret;

	if (size > ECHO_MAX)
		return -EMSGSIZE;
	data = memdup_user(from, size);
	if (IS_ERR(data))
		return PTR_ERR(data);
	ret = rpmsg_send(echo_of(file)->rpdev->ept, data, size);
	kfree(data);
	return ret ?: size;
}

static ssize_t echo_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct echo *e = echo_of(file);
	unsigned int copied = 0;
	int ret;

	ret = wait_event_interruptible(e->came, !kfifo_is_empty(&e->back));
	if (ret)
		return ret;
	ret = kfifo_to_user(&e->back, to, size, &copied);
	return ret ?: copied;
}

static const struct file_operations echo_fops = {
	.owner = THIS_MODULE,
	.write = echo_write,
	.read = echo_read,
};

static int echo_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct echo *e = dev_get_drvdata(&rpdev->dev);

	if (!kfifo_in_spinlocked(&e->back, data, len, &e->lock))
		dev_err(&rpdev->dev, "a message of %d bytes is lost\n", len);
	wake_up_interruptible(&e->came);
	return 0;
}

static int echo_probe(struct rpmsg_device *rpdev)
{
	struct echo *e = devm_kzalloc(&rpdev->dev, sizeof(*e), GFP_KERNEL);

	if (!e)
		return -ENOMEM;
	e->rpdev = rpdev;
	init_waitqueue_head(&e->came);
	spin_lock_init(&e->lock);
	INIT_KFIFO(e->back);
	e->misc.minor = MISC_DYNAMIC_MINOR;
	e->misc.name = rpdev->id.name;
	e->misc.fops = &echo_fops;
	dev_set_drvdata(&rpdev->dev, e);
	return misc_register(&e->misc);
}

static void echo_remove(struct rpmsg_device *rpdev)
{
	struct echo *e = dev_get_drvdata(&rpdev->dev);

	misc_deregister(&e->misc);
}

static const struct rpmsg_device_id echo_ids[] = {
	{ .name = SERVICE "static" },
	{ .name = SERVICE "dynamic" },
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
