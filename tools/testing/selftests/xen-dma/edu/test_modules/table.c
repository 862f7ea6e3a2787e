// SPDX-License-Identifier: GPL-2.0
/* Scatterlists of a DMA buffer. */
#include <linux/dma-map-ops.h>
#include <linux/highmem.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>

#include "edu.h"

static int table_get(struct xde_buf *b, struct sg_table *sgt)
{
	return dma_get_sgtable_attrs(&xde_pdev->dev, sgt, b->cpu_addr, b->dma_addr,
				     b->size, b->attrs);
}

int xde_sgtable(struct xde_buf *b, struct xde_sgtable *s)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i;
	int ret;

	ret = table_get(b, &sgt);
	if (ret)
		return ret;
	s->phys = sg_phys(sgt.sgl);
	s->length = 0;
	for_each_sg(sgt.sgl, sg, sgt.nents, i)
		s->length += sg->length;
	sg_free_table(&sgt);
	return 0;
}

/* Copy what the pages of the scatterlist show, so that the process can check it. */
int xde_sg_read(struct xde_buf *b, const struct xde_sg_read *r)
{
	u8 __user *to = u64_to_user_ptr(r->to);
	struct sg_page_iter at;
	struct sg_table sgt;
	size_t done = 0;
	int ret;

	ret = table_get(b, &sgt);
	if (ret)
		return ret;
	for_each_sgtable_page(&sgt, &at, 0) {
		void *page;

		if (done + PAGE_SIZE > r->size) {
			ret = -EOVERFLOW;
			break;
		}
		page = kmap_local_page(sg_page_iter_page(&at));
		if (copy_to_user(to + done, page, PAGE_SIZE))
			ret = -EFAULT;
		kunmap_local(page);
		if (ret)
			break;
		done += PAGE_SIZE;
	}
	sg_free_table(&sgt);
	return ret ?: done == r->size ? 0 : -ENODATA;
}
