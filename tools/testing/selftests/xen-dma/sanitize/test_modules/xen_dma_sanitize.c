// SPDX-License-Identifier: GPL-2.0
/*
 * Make one fault, which a sanitizer of the kernel must report.  Loading always fails, so
 * that the module can be loaded again for the next fault.
 */
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

/* A device of test_modules/, without a pool. */
#define DEVICE	"xen-dma-test-plain"

static char *fault = "";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "The name of a fault");

/* Read memory after it was freed, and beyond its end. */
static void use_after_free(struct device *dev)
{
	char *p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	pr_info("read %d\n", READ_ONCE(*p));
}

static void beyond_vmalloc(struct device *dev)
{
	char *p = vmalloc(PAGE_SIZE - 1);

	if (p)
		pr_info("read %d\n", READ_ONCE(p[PAGE_SIZE - 1]));
	vfree(p);
}

static void wide_shift(struct device *dev)
{
	int bits = 40;

	OPTIMIZER_HIDE_VAR(bits);
	pr_info("shifted to %d\n", 1 << bits);
}

static void index_beyond_end(struct device *dev)
{
	int numbers[4] = {}, at = 4;

	OPTIMIZER_HIDE_VAR(at);
	pr_info("read %d\n", numbers[at]);
}

static void sleep_in_atomic(struct device *dev)
{
	preempt_disable();
	msleep(20);
	preempt_enable();
}

/* Ask for the physical address of memory outside of the linear map. */
static void virt_to_phys_of_vmalloc(struct device *dev)
{
	void *p = vmalloc(PAGE_SIZE);

	if (p)
		pr_info("virt_to_phys: %llx\n", (u64)virt_to_phys(p));
	vfree(p);
}

/* Free memory that nobody has mapped; then map an entry that is too long. */
static void unmap_of_nothing(struct device *dev)
{
	dma_unmap_page(dev, 0x70001000, PAGE_SIZE, DMA_TO_DEVICE);
}

static void long_segment(struct device *dev)
{
	unsigned int order = get_order(2 * dma_get_max_seg_size(dev));
	struct page *page = alloc_pages(GFP_KERNEL, order);
	struct scatterlist sg;

	if (!page)
		return;
	sg_init_table(&sg, 1);
	sg_set_page(&sg, page, 2 * dma_get_max_seg_size(dev), 0);
	if (dma_map_sg(dev, &sg, 1, DMA_TO_DEVICE))
		dma_unmap_sg(dev, &sg, 1, DMA_TO_DEVICE);
	__free_pages(page, order);
}

/* Lose memory, several times: the stack can still have the last address. */
static void lose_memory(struct device *dev)
{
	unsigned int i;
	void *p;

	for (i = 0; i < 16; i++) {
		p = kmalloc(200, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static void inverted_locks(struct device *dev)
{
	static DEFINE_MUTEX(first);
	static DEFINE_MUTEX(second);

	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* A scatterlist has only memory of the linear map; CONFIG_DEBUG_SG stops the process. */
static void vmalloc_in_sg(struct device *dev)
{
	struct scatterlist sg;
	void *p = vmalloc(PAGE_SIZE);

	if (p)
		sg_init_one(&sg, p, PAGE_SIZE);
	vfree(p);
}

static unsigned long shared;

static int count_up(void *unused)
{
	while (!kthread_should_stop()) {
		shared++;
		cond_resched();
	}
	return 0;
}

/* Write one variable on two CPUs without a lock. */
static void race(struct device *dev)
{
	struct task_struct *task = kthread_create(count_up, NULL, "race");
	unsigned long end = jiffies + 5 * HZ;

	if (IS_ERR(task))
		return;
	kthread_bind(task, (raw_smp_processor_id() + 1) % num_online_cpus());
	get_task_struct(task);
	wake_up_process(task);
	while (time_before(jiffies, end)) {
		shared++;
		cond_resched();
	}
	kthread_stop_put(task);
}

static const struct {
	const char *name;
	void (*make)(struct device *dev);
} faults[] = {
	{ "use-after-free", use_after_free },
	{ "beyond-vmalloc", beyond_vmalloc },
	{ "wide-shift", wide_shift },
	{ "index-beyond-end", index_beyond_end },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "virt-to-phys", virt_to_phys_of_vmalloc },
	{ "unmap-of-nothing", unmap_of_nothing },
	{ "long-segment", long_segment },
	{ "leak", lose_memory },
	{ "inverted-locks", inverted_locks },
	{ "vmalloc-in-sg", vmalloc_in_sg },
	{ "race", race },
};

static int __init sanitize_init(void)
{
	struct device *dev = bus_find_device_by_name(&platform_bus_type, NULL, DEVICE);
	unsigned int i;

	if (!dev)
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name))
			faults[i].make(dev);
	put_device(dev);
	return -ECANCELED;
}
module_init(sanitize_init);

MODULE_DESCRIPTION("Faults that the sanitizers of the kernel must report");
MODULE_LICENSE("GPL");
