// SPDX-License-Identifier: GPL-2.0
/* Objects as dma-bufs, as a display driver exports them. */
#include <linux/dma-resv.h>
#include <linux/fcntl.h>
#include <linux/slab.h>

#include "fuzz.h"

atomic_t fuzz_buffers;

static struct sg_table *map_buf(struct dma_buf_attachment *attach,
				enum dma_data_direction dir)
{
	struct fuzz_obj *obj = attach->dmabuf->priv;
	struct fuzz_stream *s = attach->importer_priv;
	struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	int ret;

	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = dma_get_sgtable_attrs(obj->dev, sgt, obj->cpu_addr, obj->dma, obj->size,
				    obj->attrs);
	if (ret)
		goto free;
	ret = dma_map_sgtable(attach->dev, sgt, dir, s->attrs);
	if (!ret)
		return sgt;
	sg_free_table(sgt);
free:
	kfree(sgt);
	return ERR_PTR(ret);
}

static void unmap_buf(struct dma_buf_attachment *attach, struct sg_table *sgt,
		      enum dma_data_direction dir)
{
	struct fuzz_stream *s = attach->importer_priv;

	dma_unmap_sgtable(attach->dev, sgt, dir, s->attrs);
	sg_free_table(sgt);
	kfree(sgt);
}

static void release_buf(struct dma_buf *buf)
{
	fuzz_put(buf->priv);
	atomic_dec(&fuzz_buffers);
}

static int mmap_buf(struct dma_buf *buf, struct vm_area_struct *vma)
{
	struct fuzz_obj *obj = buf->priv;

	return dma_mmap_attrs(obj->dev, vma, obj->cpu_addr, obj->dma, obj->size, obj->attrs);
}

/* Sync all mappings that need it, as most exporters do. */
static int sync_buf(struct dma_buf *buf, enum dma_data_direction dir, bool for_cpu)
{
	struct dma_buf_attachment *attach;
	struct fuzz_stream *s;

	dma_resv_lock(buf->resv, NULL);
	list_for_each_entry(attach, &buf->attachments, node) {
		s = attach->importer_priv;
		if (!s->mapped || s->attrs & DMA_ATTR_SKIP_CPU_SYNC)
			continue;
		if (for_cpu)
			dma_sync_sgtable_for_cpu(attach->dev, s->sgt, dir);
		else
			dma_sync_sgtable_for_device(attach->dev, s->sgt, dir);
	}
	dma_resv_unlock(buf->resv);
	return 0;
}

static int begin_buf(struct dma_buf *buf, enum dma_data_direction dir)
{
	return sync_buf(buf, dir, true);
}

static int end_buf(struct dma_buf *buf, enum dma_data_direction dir)
{
	return sync_buf(buf, dir, false);
}

static const struct dma_buf_ops buf_ops = {
	.map_dma_buf = map_buf,
	.unmap_dma_buf = unmap_buf,
	.release = release_buf,
	.mmap = mmap_buf,
	.begin_cpu_access = begin_buf,
	.end_cpu_access = end_buf,
};

struct fuzz_obj *fuzz_exported(struct dma_buf *buf)
{
	return buf->ops == &buf_ops ? buf->priv : NULL;
}

int fuzz_export(struct fuzz_obj *obj, struct fuzz_export *e)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *buf;

	if (obj->page)
		return -EINVAL;
	info.ops = &buf_ops;
	info.size = PAGE_ALIGN(obj->size);
	info.flags = O_RDWR | O_CLOEXEC;
	info.priv = obj;
	buf = dma_buf_export(&info);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	kref_get(&obj->ref);
	atomic_inc(&fuzz_buffers);
	e->fd = dma_buf_fd(buf, O_RDWR | O_CLOEXEC);
	if (e->fd >= 0)
		return 0;
	dma_buf_put(buf);
	return e->fd;
}
