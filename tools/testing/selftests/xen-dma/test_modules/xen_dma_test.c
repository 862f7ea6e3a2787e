// SPDX-License-Identifier: GPL-2.0
/*
 * DMA buffers of a device behind Xen's swiotlb, for user space to look at.
 *
 * The test device is a node of the device tree ("linux,xen-dma-test") without
 * hardware behind it: everything that is tested happens before a device would
 * be told the address.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "xen_dma_test.h"

struct xdt_dev {
	struct device *dev;
	struct miscdevice misc;
	phys_addr_t pool_phys;	/* the device's own pool, if it has one */
	dma_addr_t pool_dma;
	size_t pool_size;
};

struct xdt_buf {
	struct xdt_dev *xdt;
	struct mutex lock;	/* serializes alloc, free and access */
	void *cpu_addr;
	dma_addr_t dma_addr;
	size_t size;
	unsigned long attrs;
	void *view;		/* the device's view, see xdt_view() */
	bool view_is_io;
	struct xdt_mmap mmap;
};

static bool xdt_in_pool(struct xdt_buf *b)
{
	struct xdt_dev *xdt = b->xdt;

	return b->dma_addr >= xdt->pool_dma &&
	       b->dma_addr + b->size <= xdt->pool_dma + xdt->pool_size;
}

static unsigned long xdt_pfn(struct xdt_buf *b)
{
	struct xdt_dev *xdt = b->xdt;

	if (xdt_in_pool(b))
		return PHYS_PFN(xdt->pool_phys + b->dma_addr - xdt->pool_dma);
	return bfn_to_pfn(XEN_PFN_DOWN(dma_to_phys(xdt->dev, b->dma_addr)));
}

static u32 xdt_cpu_kind(const void *cpu_addr)
{
	if (is_vmalloc_addr(cpu_addr))
		return XDT_CPU_REMAPPED;
	return virt_addr_valid(cpu_addr) ? XDT_CPU_LINEAR : XDT_CPU_COOKIE;
}

/* What the page tables of the calling process say; 0 where they say nothing. */
static unsigned long xdt_user_pfn(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	unsigned long pfn = 0;
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	mmap_read_lock(mm);
	pgd = pgd_offset(mm, addr);
	if (pgd_none(*pgd))
		goto unlock;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		goto unlock;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		goto unlock;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		goto unlock;
	/* Nobody takes the table away: the process is here, in this call. */
	pte = pte_offset_kernel(pmd, addr);
	if (pte_present(*pte))
		pfn = pte_pfn(*pte);
unlock:
	mmap_read_unlock(mm);
	return pfn;
}

/* The page tables know the frame; only the MMU knows what it makes of them. */
static int xdt_translate(struct xdt_translate *t)
{
#ifdef CONFIG_ARM64
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	asm volatile("at s1e0r, %0" : : "r" (t->addr));
	isb();
	par = read_sysreg(par_el1);
	local_irq_restore(flags);

	t->pfn = xdt_user_pfn(t->addr);
	t->fault = par & 1;
	t->status = t->fault ? (par >> 1) & 0x3f : 0;
	t->memattr = t->fault ? 0 : par >> 56;
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

/* Map the buffer from its DMA address, as neither the allocator nor mmap do. */
static int xdt_view(struct xdt_buf *b)
{
	unsigned int i, n = PAGE_ALIGN(b->size) >> PAGE_SHIFT;
	struct device *dev = b->xdt->dev;
	pgprot_t prot = PAGE_KERNEL;
	struct page **pages;

	b->view_is_io = dev->dma_mem || !pfn_valid(xdt_pfn(b));
	if (b->view_is_io) {
		b->view = memremap(PFN_PHYS(xdt_pfn(b)), n << PAGE_SHIFT,
				   MEMREMAP_WC);
		return b->view ? 0 : -ENOMEM;
	}

	pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = pfn_to_page(xdt_pfn(b) + i);
	if (!dev_is_dma_coherent(dev))
		prot = pgprot_writecombine(prot);
	b->view = vmap(pages, n, VM_MAP, prot);
	kfree(pages);
	return b->view ? 0 : -ENOMEM;
}

static void xdt_free(struct xdt_buf *b)
{
	if (b->view_is_io && b->view)
		memunmap(b->view);
	else if (b->view)
		vunmap(b->view);
	b->view = NULL;
	if (b->cpu_addr)
		dma_free_attrs(b->xdt->dev, b->size, b->cpu_addr, b->dma_addr,
			       b->attrs);
	b->cpu_addr = NULL;
}

static int xdt_alloc(struct xdt_buf *b, struct xdt_alloc *a)
{
	gfp_t gfp = a->flags & XDT_ATOMIC ? GFP_ATOMIC : GFP_KERNEL;
	int ret;

	if (b->cpu_addr)
		return -EBUSY;

	b->size = a->size;
	b->attrs = DMA_ATTR_NO_WARN;
	if (a->flags & XDT_NO_KERNEL_MAPPING)
		b->attrs |= DMA_ATTR_NO_KERNEL_MAPPING;
	if (a->flags & XDT_WRITE_COMBINE)
		b->attrs |= DMA_ATTR_WRITE_COMBINE;

	b->cpu_addr = dma_alloc_attrs(b->xdt->dev, b->size, &b->dma_addr,
				      gfp | __GFP_NOWARN, b->attrs);
	if (!b->cpu_addr)
		return -ENOMEM;

	ret = xdt_view(b);
	if (ret) {
		xdt_free(b);
		return ret;
	}

	a->has_page = pfn_valid(xdt_pfn(b));
	a->cpu_kind = xdt_cpu_kind(b->cpu_addr);
	a->in_pool = xdt_in_pool(b);
	a->dma_addr = b->dma_addr;
	a->cpu_addr = (unsigned long)b->cpu_addr;
	a->phys = PFN_PHYS(xdt_pfn(b));
	return 0;
}

static int xdt_sgtable(struct xdt_buf *b, struct xdt_sgtable *s)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i;
	int ret;

	ret = dma_get_sgtable_attrs(b->xdt->dev, &sgt, b->cpu_addr,
				    b->dma_addr, b->size, b->attrs);
	if (ret)
		return ret;

	s->nents = sgt.nents;
	s->phys = sg_phys(sgt.sgl);
	s->length = 0;
	for_each_sg(sgt.sgl, sg, sgt.nents, i)
		s->length += sg->length;
	if (!s->keep)
		sg_free_table(&sgt);
	return 0;
}

static void xdt_info(struct xdt_dev *xdt, struct xdt_info *info)
{
	info->initial_domain = xen_initial_domain();
	info->coherent = dev_is_dma_coherent(xdt->dev);
	info->private_pool = !!xdt->dev->dma_mem;
	info->page_size = PAGE_SIZE;
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
	struct xdt_buf *b = file->private_data;
	unsigned long pfn;

	if (!b->cpu_addr)
		return -EINVAL;
	if (b->mmap.set_pgoff)
		vma->vm_pgoff = b->mmap.pgoff;
	if (b->mmap.how == XDT_MMAP_DMA)
		return dma_mmap_attrs(b->xdt->dev, vma, b->cpu_addr,
				      b->dma_addr, b->size, b->attrs);

	pfn = xdt_pfn(b) + vma->vm_pgoff;
	if (b->mmap.how == XDT_MMAP_NEXT_PAGE) {
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
		pfn++;
	} else {
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	}
	return remap_pfn_range(vma, vma->vm_start, pfn,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
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

static const struct file_operations xdt_fops = {
	.owner = THIS_MODULE,
	.open = xdt_open,
	.release = xdt_release,
	.unlocked_ioctl = xdt_ioctl,
	.mmap = xdt_mmap,
	.read = xdt_read,
	.write = xdt_write,
};

/* Where a device on the bus of the on-chip memory sees it. */
#define XDT_ONCHIP_DMA		0x20000000

/*
 * On-chip memory as private pool, with a bus address of its own.  Only
 * built-in platform code can declare one, so the function has no export: ask
 * kprobes for its address.
 */
static int xdt_declare(struct xdt_dev *xdt, struct resource *res)
{
	struct kprobe kp = { .symbol_name = "dma_declare_coherent_memory" };
	int (*declare)(struct device *dev, phys_addr_t phys, dma_addr_t dma,
		       size_t size);
	int ret;

	ret = register_kprobe(&kp);
	if (ret)
		return ret;
	declare = (void *)kp.addr;
	unregister_kprobe(&kp);
	xdt->pool_phys = res->start;
	xdt->pool_dma = XDT_ONCHIP_DMA;
	xdt->pool_size = resource_size(res);
	return declare(xdt->dev, xdt->pool_phys, xdt->pool_dma, xdt->pool_size);
}

static int xdt_reserved(struct xdt_dev *xdt)
{
	struct device_node *node;
	struct reserved_mem *rmem;
	int ret;

	ret = of_reserved_mem_device_init(xdt->dev);
	if (ret)
		return ret;
	node = of_parse_phandle(xdt->dev->of_node, "memory-region", 0);
	rmem = of_reserved_mem_lookup(node);
	of_node_put(node);
	if (!rmem)
		return -ENODEV;
	xdt->pool_phys = rmem->base;
	xdt->pool_dma = phys_to_dma(xdt->dev, rmem->base);
	xdt->pool_size = rmem->size;
	return 0;
}

static int xdt_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct resource *res;
	struct xdt_dev *xdt;
	const char *label;
	int ret;

	ret = of_property_read_string(dev->of_node, "label", &label);
	if (ret)
		return ret;

	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;

	xdt = devm_kzalloc(dev, sizeof(*xdt), GFP_KERNEL);
	if (!xdt)
		return -ENOMEM;
	xdt->dev = dev;

	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (res)
		ret = xdt_declare(xdt, res);
	else if (of_property_present(dev->of_node, "memory-region"))
		ret = xdt_reserved(xdt);
	if (ret)
		return dev_err_probe(dev, ret, "no private pool\n");

	xdt->misc.minor = MISC_DYNAMIC_MINOR;
	xdt->misc.name = devm_kasprintf(dev, GFP_KERNEL, "xen-dma-test-%s",
					label);
	if (!xdt->misc.name)
		return -ENOMEM;
	xdt->misc.fops = &xdt_fops;
	return misc_register(&xdt->misc);
}

static const struct of_device_id xdt_of_match[] = {
	{ .compatible = "linux,xen-dma-test" },
	{}
};
MODULE_DEVICE_TABLE(of, xdt_of_match);

static struct platform_driver xdt_driver = {
	.probe = xdt_probe,
	.driver = {
		.name = "xen-dma-test",
		.of_match_table = xdt_of_match,
		.suppress_bind_attrs = true,
	},
};

static bool warn;
module_param(warn, bool, 0);
MODULE_PARM_DESC(warn, "Splat when loaded: the rig must notice");

static int __init xdt_init(void)
{
	WARN_ON(warn);
	return platform_driver_register(&xdt_driver);
}
module_init(xdt_init);

MODULE_DESCRIPTION("DMA buffers behind Xen's swiotlb, shown to user space");
MODULE_LICENSE("GPL");
