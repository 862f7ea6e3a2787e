// SPDX-License-Identifier: GPL-2.0
/* Objects: DMA buffers and ordinary pages. */
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fuzz.h"

atomic_t fuzz_objects;

struct fuzz_obj *fuzz_obj(struct fuzz_file *f, unsigned long number)
{
	return number < FUZZ_OBJECTS ? f->objs[number] : NULL;
}

static void release(struct kref *ref)
{
	struct fuzz_obj *obj = container_of(ref, struct fuzz_obj, ref);

	if (obj->by_dma)
		dma_free_pages(obj->dev, obj->size, obj->page, obj->dma, DMA_BIDIRECTIONAL);
	else if (obj->page)
		__free_pages(obj->page, get_order(obj->size));
	else if (obj->managed && obj->bound == fuzz_bound)
		dmam_free_coherent(obj->dev, obj->size, obj->cpu_addr, obj->dma);
	else if (!obj->managed)
		dma_free_attrs(obj->dev, obj->size, obj->cpu_addr, obj->dma, obj->attrs);
	kfree(obj);
	atomic_dec(&fuzz_objects);
}

void fuzz_put(struct fuzz_obj *obj)
{
	kref_put(&obj->ref, release);
}

int fuzz_free(struct fuzz_file *f, unsigned long number)
{
	struct fuzz_obj *obj = fuzz_obj(f, number);

	if (!obj)
		return -EINVAL;
	f->objs[number] = NULL;
	if (f->selected == obj) {
		f->selected = NULL;
		fuzz_put(obj);
	}
	fuzz_put(obj);
	return 0;
}

static unsigned long attrs_of(u32 flags)
{
	unsigned long attrs = DMA_ATTR_NO_WARN;

	if (flags & FUZZ_NO_KERNEL_MAPPING)
		attrs |= DMA_ATTR_NO_KERNEL_MAPPING;
	if (flags & FUZZ_WRITE_COMBINE)
		attrs |= DMA_ATTR_WRITE_COMBINE;
	if (flags & FUZZ_FORCE_CONTIGUOUS)
		attrs |= DMA_ATTR_FORCE_CONTIGUOUS;
	if (flags & FUZZ_SINGLE_PAGES)
		attrs |= DMA_ATTR_ALLOC_SINGLE_PAGES;
	if (flags & FUZZ_WEAK_ORDERING)
		attrs |= DMA_ATTR_WEAK_ORDERING;
	if (flags & FUZZ_PRIVILEGED)
		attrs |= DMA_ATTR_PRIVILEGED;
	return attrs;
}

static unsigned long pfn_of(const void *cpu_addr)
{
	if (is_vmalloc_addr(cpu_addr))
		return vmalloc_to_pfn(cpu_addr);
	if (virt_addr_valid(cpu_addr))
		return virt_to_pfn(cpu_addr);
	/* The cookie of a buffer without kernel mapping is its page. */
	return page_to_pfn((struct page *)cpu_addr);
}

static int get_memory(struct fuzz_obj *obj, struct fuzz_alloc *a)
{
	gfp_t gfp = __GFP_NOWARN | (a->flags & FUZZ_ATOMIC ? GFP_ATOMIC : GFP_KERNEL);

	if (a->flags & FUZZ_PAGES) {
		if (obj->by_dma)
			obj->page = dma_alloc_pages(obj->dev, a->size, &obj->dma,
						    DMA_BIDIRECTIONAL, gfp);
		else
			obj->page = alloc_pages(gfp | __GFP_ZERO, get_order(a->size));
		if (!obj->page)
			return -ENOMEM;
		a->dma = obj->dma;
		a->cpu_pfn = page_to_pfn(obj->page);
		return 0;
	}
	if (obj->managed)
		obj->cpu_addr = dmam_alloc_attrs(obj->dev, a->size, &obj->dma, gfp,
						 obj->attrs);
	else
		obj->cpu_addr = dma_alloc_attrs(obj->dev, a->size, &obj->dma, gfp,
						obj->attrs);
	if (!obj->cpu_addr)
		return -ENOMEM;
	a->dma = obj->dma;
	a->cpu_pfn = pfn_of(obj->cpu_addr);
	return 0;
}

int fuzz_alloc(struct fuzz_file *f, struct fuzz_alloc *a)
{
	struct device *dev = fuzz_device(a->dev);
	struct fuzz_obj *obj;
	int ret;

	if (a->obj >= FUZZ_OBJECTS || f->objs[a->obj])
		return -EINVAL;
	if (!dev)
		return -ENODEV;
	obj = kzalloc_obj(*obj);
	if (!obj)
		return -ENOMEM;
	kref_init(&obj->ref);
	obj->dev = dev;
	obj->size = a->size;
	obj->attrs = attrs_of(a->flags);
	obj->by_dma = a->flags & FUZZ_PAGES && a->flags & FUZZ_DMA_PAGES;
	obj->bound = fuzz_bound;
	obj->managed = a->dev == FUZZ_OWN && !(a->flags & FUZZ_PAGES);
	ret = get_memory(obj, a);
	if (ret) {
		kfree(obj);
		return ret;
	}
	f->objs[a->obj] = obj;
	atomic_inc(&fuzz_objects);
	return 0;
}

int fuzz_sgtable(struct fuzz_obj *obj, struct fuzz_sgtable *s)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i;
	int ret;

	if (obj->page)
		return -EINVAL;
	ret = dma_get_sgtable_attrs(obj->dev, &sgt, obj->cpu_addr, obj->dma, obj->size,
				    obj->attrs);
	if (ret)
		return ret;
	s->nents = sgt.nents;
	s->phys = sg_phys(sgt.sgl);
	s->length = 0;
	for_each_sg(sgt.sgl, sg, sgt.nents, i)
		s->length += sg->length;
	sg_free_table(&sgt);
	return 0;
}

static void vma_open(struct vm_area_struct *vma)
{
	struct fuzz_obj *obj = vma->vm_private_data;

	kref_get(&obj->ref);
}

static void vma_close(struct vm_area_struct *vma)
{
	fuzz_put(vma->vm_private_data);
}

static const struct vm_operations_struct vm_ops = {
	.open = vma_open,
	.close = vma_close,
};

int fuzz_mmap_obj(struct fuzz_obj *obj, struct vm_area_struct *vma)
{
	int ret;

	if (obj->page)
		return -EINVAL;
	ret = dma_mmap_attrs(obj->dev, vma, obj->cpu_addr, obj->dma, obj->size, obj->attrs);
	if (ret)
		return ret;
	vma->vm_ops = &vm_ops;
	vma->vm_private_data = obj;
	vma_open(vma);
	return 0;
}

/*
 * Memory that the kernel maps is accessed there.  Its caches are not maintained, so this
 * is for an emulated CPU, which has none.
 */
int fuzz_access(struct fuzz_access *a)
{
	void *linear = phys_to_virt(a->phys), *mapped = NULL, *at = linear;

	if (a->size > FUZZ_BYTES || offset_in_page(a->phys) + a->size > PAGE_SIZE)
		return -EINVAL;
	if (!pfn_valid(PHYS_PFN(a->phys)) || !pfn_is_map_memory(PHYS_PFN(a->phys))) {
		mapped = memremap(a->phys & PAGE_MASK, PAGE_SIZE, MEMREMAP_WC);
		at = mapped + offset_in_page(a->phys);
	}
	if (!mapped && at != linear)
		return -ENOMEM;
	if (a->write)
		memcpy(at, a->data, a->size);
	else
		memcpy(a->data, at, a->size);
	if (mapped)
		memunmap(mapped);
	return 0;
}
