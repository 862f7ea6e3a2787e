// SPDX-License-Identifier: GPL-2.0
/*
 * Map frames of a second domain for a device that is not DMA-coherent, as a backend
 * does.  All CPUs map, sync and unmap at once.  Each CPU syncs and unmaps frames
 * that another CPU has mapped.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "frames.h"

/* The device is not DMA-coherent, and has no pool. */
#define DEVICE		"70101000.display-plain"
#define GUEST_STARTS	60	/* seconds */

struct grants {
	struct device *dev;
	struct page *pages[GRANTS_PAGES];
	struct gnttab_map_grant_ref map[GRANTS_PAGES];
	struct gnttab_unmap_grant_ref unmap[GRANTS_PAGES];
	dma_addr_t dma[GRANTS_PAGES];
	struct grants_result *result;
};

struct share {
	struct grants *g;
	struct completion done;
	u32 number, step, wrong, not_mapped;
	void (*what)(struct share *s, u32 i);
};

static struct frame *frame_of(struct grants *g, u32 i)
{
	return page_address(g->pages[i]);
}

static void map_one(struct share *s, u32 i)
{
	struct grants *g = s->g;

	g->dma[i] = dma_map_page(g->dev, g->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	/* The DMA address must be the machine address that Xen returned. */
	s->not_mapped += g->dma[i] != g->map[i].dev_bus_addr;
	if (dma_mapping_error(g->dev, g->dma[i]))
		g->dma[i] = DMA_MAPPING_ERROR;
}

static void use_one(struct share *s, u32 i)
{
	struct grants *g = s->g;

	if (g->dma[i] == DMA_MAPPING_ERROR)
		return;
	dma_sync_single_for_cpu(g->dev, g->dma[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	s->wrong += !frame_is(frame_of(g, i), i, GUEST);
	frame_write(frame_of(g, i), i, DOM0);
	dma_sync_single_for_device(g->dev, g->dma[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}

static void unmap_one(struct share *s, u32 i)
{
	if (s->g->dma[i] != DMA_MAPPING_ERROR)
		dma_unmap_page(s->g->dev, s->g->dma[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}

static int do_share(void *data)
{
	struct share *s = data;
	u32 i;

	for (i = s->number; i < GRANTS_PAGES; i += s->step)
		s->what(s, i);
	complete(&s->done);
	return 0;
}

/* Run @what on all CPUs at once; with another @turn, a CPU has other frames. */
static int do_all(struct grants *g, void (*what)(struct share *s, u32 i), u32 turn)
{
	u32 cpus = num_online_cpus(), n = 0;
	struct task_struct *task;
	struct share *shares;
	int cpu, ret = 0;

	shares = kcalloc(cpus, sizeof(*shares), GFP_KERNEL);
	if (!shares)
		return -ENOMEM;
	for_each_online_cpu(cpu) {
		struct share *s = &shares[n];

		s->g = g;
		s->number = (n + turn) % cpus;
		s->step = cpus;
		s->what = what;
		init_completion(&s->done);
		task = kthread_create(do_share, s, "grants/%d", cpu);
		if (IS_ERR(task)) {
			ret = PTR_ERR(task);
			break;
		}
		kthread_bind(task, cpu);
		wake_up_process(task);
		n++;
	}
	g->result->cpus = n;
	while (n--) {
		wait_for_completion(&shares[n].done);
		g->result->wrong_here += shares[n].wrong;
		g->result->not_mapped += shares[n].not_mapped;
	}
	kfree(shares);
	return ret;
}

static int map_grants(struct grants *g, u32 first, u32 count)
{
	u32 i, end = first + count;
	int ret;

	for (i = first; i < end; i++)
		gnttab_set_map_op(&g->map[i], (unsigned long)page_address(g->pages[i]),
				  GNTMAP_host_map, FIRST_REF + i, GUEST_DOMID);
	for (i = first; i < end; i++)
		g->map[i].status = GNTST_general_error;
	ret = gnttab_map_refs(&g->map[first], NULL, &g->pages[first], count);
	for (i = first; i < end && !ret; i++)
		ret = g->map[i].status == GNTST_okay ? 0 : -EAGAIN;
	return ret;
}

/* Unmap the grants that were mapped. */
static void unmap_grants(struct grants *g, u32 first, u32 count)
{
	u32 i;
	int ret;

	for (i = first; i < first + count; i++) {
		if (g->map[i].status != GNTST_okay)
			continue;
		gnttab_set_unmap_op(&g->unmap[i], (unsigned long)page_address(g->pages[i]),
				    GNTMAP_host_map, g->map[i].handle);
		ret = gnttab_unmap_refs(&g->unmap[i], NULL, &g->pages[i], 1);
		g->result->not_unmapped += ret || g->unmap[i].status != GNTST_okay;
	}
}

/* Wait until the guest has granted its last frame, and so all others. */
static int wait_for_guest(struct grants *g)
{
	u32 tries;
	int ret;

	for (tries = 0; tries < GUEST_STARTS * 5; tries++) {
		ret = map_grants(g, GRANTS_PAGES - 1, 1);
		if (ret != -EAGAIN)
			break;
		msleep(200);
	}
	if (!ret)
		unmap_grants(g, GRANTS_PAGES - 1, 1);
	return ret;
}

/* Let the guest check the frames, and read its result. */
static void ask_guest(struct grants *g)
{
	struct frame *first = frame_of(g, 0);
	u32 tries;

	/* Write all frames before the state. */
	wmb();
	WRITE_ONCE(first->state, STATE_WRITTEN);
	for (tries = 0; tries < 500 && READ_ONCE(first->state) != STATE_READY; tries++)
		msleep(20);
	if (READ_ONCE(first->state) != STATE_READY) {
		g->result->wrong_there = -1;
		return;
	}
	/* Read the state before the result. */
	rmb();
	g->result->wrong_there = READ_ONCE(first->wrong);
}

/*
 * Destroy the guest, as a toolstack would.  The kernel has no interface for that.
 * Each release of Xen accepts one version of its own interface: try them all.
 */
static int destroy_guest(void)
{
	struct {
		u32 cmd, interface_version;
		u16 domain, pad[3];
		u8 unused[240];
	} op = { .cmd = 2 /* XEN_DOMCTL_destroydomain */, .domain = GUEST_DOMID };
	int ret = -EACCES;
	u32 version;

	for (version = 0x10; version < 0x40 && ret == -EACCES; version++) {
		op.interface_version = version;
		ret = privcmd_call(__HYPERVISOR_domctl, (unsigned long)&op, 0, 0, 0, 0);
	}
	return ret;
}

static int do_run(struct grants *g)
{
	int ret, again;
	u32 i;

	ret = do_all(g, map_one, 0);
	for (i = 0; i < GRANTS_PAGES; i++)
		g->result->in_section += pfn_valid(PHYS_PFN(g->map[i].dev_bus_addr));
	if (!ret && g->result->die)
		ret = destroy_guest();
	if (!ret)
		ret = do_all(g, use_one, 1);
	if (!ret && !g->result->die)
		ask_guest(g);
	again = do_all(g, unmap_one, 2);
	return ret ?: again;
}

static int run(struct grants *g)
{
	int ret = gnttab_alloc_pages(GRANTS_PAGES, g->pages);

	if (ret)
		return ret;
	ret = wait_for_guest(g);
	if (ret)
		goto out;
	ret = map_grants(g, 0, GRANTS_PAGES);
	if (!ret)
		ret = do_run(g);
	unmap_grants(g, 0, GRANTS_PAGES);
	/* After the domain is destroyed, mapping its frames must fail. */
	if (!ret && g->result->die && !map_grants(g, 0, 1)) {
		unmap_grants(g, 0, 1);
		ret = -EBUSY;
	}
out:
	/* Pages that could not be unmapped are lost. */
	if (!g->result->not_unmapped)
		gnttab_free_pages(GRANTS_PAGES, g->pages);
	return ret;
}

static long grants_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct grants_result result = {};
	struct grants *g;
	int ret = -ENODEV;

	if (cmd != GRANTS_RUN)
		return -ENOTTY;
	if (copy_from_user(&result.die, (void __user *)arg, sizeof(result.die)))
		return -EFAULT;
	g = vzalloc(sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->result = &result;
	g->dev = bus_find_device_by_name(&platform_bus_type, NULL, DEVICE);
	if (g->dev)
		ret = run(g);
	put_device(g->dev);
	vfree(g);
	if (!ret && copy_to_user((void __user *)arg, &result, sizeof(result)))
		ret = -EFAULT;
	return ret;
}

static const struct file_operations grants_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = grants_ioctl,
};

static struct miscdevice grants_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen-dma-grants",
	.fops = &grants_fops,
};

int grants_init(void)
{
	return misc_register(&grants_misc);
}

void grants_exit(void)
{
	misc_deregister(&grants_misc);
}
