// SPDX-License-Identifier: GPL-2.0
/*
 * A remote processor in software.  It runs already, and has a virtio device for
 * rpmsg.  Its device has two pools: the first is for the rings, the second for
 * the messages.
 */
#include <linux/dma-direct.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/virtio_ids.h>

#include "clients.h"

#define FEATURE_NS	0	/* feature bit: the device announces services */

/* Only remoteproc can declare a device address that is not the physical one. */
static int remote_prepare(struct rproc *rproc)
{
	struct remote *r = rproc->priv;
	const struct pool *pool = &r->messages;
	struct rproc_mem_entry *mem;

	if (r->shifted)
		mem = rproc_mem_entry_init(&rproc->dev, NULL, pool->phys, pool->size, pool->dma,
					   NULL, NULL, "vdev0buffer");
	else
		mem = rproc_of_resm_mem_entry_init(&rproc->dev, 1, pool->size, pool->phys,
						   "vdev0buffer");
	if (!mem)
		return -ENOMEM;
	rproc_add_carveout(rproc, mem);
	return 0;
}

static int remote_attach(struct rproc *rproc)
{
	struct remote *r = rproc->priv;

	memset(r->seen, 0, sizeof(r->seen));
	r->announced = false;
	WRITE_ONCE(r->dead, false);
	return 0;
}

static int remote_stop(struct rproc *rproc)
{
	struct remote *r = rproc->priv;

	cancel_work_sync(&r->work);
	return 0;
}

static void remote_kick(struct rproc *rproc, int vqid)
{
	struct remote *r = rproc->priv;

	schedule_work(&r->work);
}

static struct resource_table *remote_table(struct rproc *rproc, size_t *size)
{
	struct remote *r = rproc->priv;

	*size = sizeof(r->table);
	return &r->table.head;
}

static const struct rproc_ops remote_ops = {
	.prepare = remote_prepare,
	.attach = remote_attach,
	.detach = remote_stop,
	.stop = remote_stop,
	.kick = remote_kick,
	.get_loaded_rsc_table = remote_table,
};

/* Stop answering (1), or report a watchdog's bite, so that the kernel recovers. */
static ssize_t dies_store(struct device *dev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	struct rproc *rproc = dev_get_drvdata(dev);
	struct remote *r = rproc->priv;

	if (*buf == '1')
		WRITE_ONCE(r->dead, true);
	else
		rproc_report_crash(rproc, RPROC_WATCHDOG);
	return count;
}
static DEVICE_ATTR_WO(dies);

/* Tell which kind of address the host puts into the ring. */
static ssize_t address_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rproc *rproc = dev_get_drvdata(dev);
	struct remote *r = rproc->priv;

	return sysfs_emit(buf, "%s\n", READ_ONCE(r->physical) ? "physical" : "device");
}
static DEVICE_ATTR_RO(address);

static struct attribute *remote_attrs[] = { &dev_attr_dies.attr, &dev_attr_address.attr, NULL };
ATTRIBUTE_GROUPS(remote);

static void make_table(struct remote *r)
{
	int i;

	r->table.head.ver = 1;
	r->table.head.num = 1;
	r->table.offset = offsetof(typeof(r->table), hdr);
	r->table.hdr.type = RSC_VDEV;
	r->table.vdev.id = VIRTIO_ID_RPMSG;
	r->table.vdev.dfeatures = BIT(FEATURE_NS);
	r->table.vdev.num_of_vrings = VRINGS;
	for (i = 0; i < VRINGS; i++) {
		r->table.vring[i].da = FW_RSC_ADDR_ANY;
		r->table.vring[i].align = RING_ALIGN;
		r->table.vring[i].num = VQ_SIZE;
	}
}

static int map_pool(struct device *dev, int index, struct pool *pool)
{
	struct device_node *np = of_parse_phandle(dev->of_node, "memory-region", index);
	struct reserved_mem *mem = of_reserved_mem_lookup(np);

	of_node_put(np);
	if (!mem)
		return -EINVAL;
	pool->phys = mem->base;
	pool->dma = phys_to_dma(dev, mem->base);
	pool->size = mem->size;
	pool->va = devm_memremap(dev, mem->base, mem->size, MEMREMAP_WC);
	return PTR_ERR_OR_ZERO(pool->va);
}

static int remote_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct rproc *rproc;
	struct remote *r;
	u32 address;
	int ret;

	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	rproc = devm_rproc_alloc(dev, dev_name(dev), &remote_ops, NULL, sizeof(*r));
	if (!rproc)
		return -ENOMEM;
	r = rproc->priv;
	r->rproc = rproc;
	INIT_WORK(&r->work, remote_work);
	make_table(r);
	ret = of_property_read_string(dev->of_node, "label", &r->label);
	if (ret)
		return ret;

	ret = map_pool(dev, 0, &r->rings) ?: map_pool(dev, 1, &r->messages);
	if (ret)
		return dev_err_probe(dev, ret, "two pools are wanted\n");
	r->shifted = !of_property_read_u32(dev->of_node, "messages-address", &address);
	if (r->shifted)
		r->messages.dma = address;
	ret = of_reserved_mem_device_init_by_idx(dev, dev->of_node, 0);
	if (ret)
		return ret;

	rproc->state = RPROC_DETACHED;
	rproc->auto_boot = true;
	set_bit(RPROC_FEAT_ATTACH_ON_RECOVERY, rproc->features);
	platform_set_drvdata(pdev, rproc);
	ret = rproc_add(rproc);
	if (ret)
		of_reserved_mem_device_release(dev);
	return ret;
}

static void remote_remove(struct platform_device *pdev)
{
	struct rproc *rproc = platform_get_drvdata(pdev);

	rproc_del(rproc);
	of_reserved_mem_device_release(&pdev->dev);
}

static const struct of_device_id remote_of_match[] = {
	{ .compatible = "linux,xen-dma-rproc" },
	{}
};
MODULE_DEVICE_TABLE(of, remote_of_match);

struct platform_driver remote_driver = {
	.probe = remote_probe,
	.remove = remote_remove,
	.driver = {
		.name = "xen-dma-rproc",
		.of_match_table = remote_of_match,
		.dev_groups = remote_groups,
	},
};
