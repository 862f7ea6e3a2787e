// SPDX-License-Identifier: GPL-2.0
/* Streams: mappings of memory or of a dma-buf for a device. */
#include <linux/slab.h>

#include "fuzz.h"

atomic_t fuzz_streams;

static int map_buffer(struct fuzz_stream *s, int fd)
{
	struct dma_buf *buf = dma_buf_get(fd);
	struct sg_table *sgt;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (!fuzz_exported(buf)) {
		dma_buf_put(buf);
		return -EINVAL;
	}
	s->attach = dma_buf_attach(buf, s->dev);
	if (IS_ERR(s->attach)) {
		dma_buf_put(buf);
		return PTR_ERR(s->attach);
	}
	s->attach->importer_priv = s;
	sgt = dma_buf_map_attachment_unlocked(s->attach, s->dir);
	if (IS_ERR(sgt)) {
		dma_buf_detach(buf, s->attach);
		dma_buf_put(buf);
		return PTR_ERR(sgt);
	}
	s->sgt = sgt;
	return 0;
}

static int map_sg(struct fuzz_stream *s, const struct fuzz_map *m)
{
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	if (m->nents > FUZZ_ENTRIES)
		return -EINVAL;
	s->sgt = kzalloc_obj(*s->sgt);
	if (!s->sgt)
		return -ENOMEM;
	ret = sg_alloc_table(s->sgt, m->nents, GFP_KERNEL);
	if (ret)
		goto free;
	for_each_sgtable_sg(s->sgt, sg, i) {
		phys_addr_t phys = m->phys + i * m->size;

		sg_set_page(sg, pfn_to_page(PHYS_PFN(phys)), m->size, offset_in_page(phys));
	}
	ret = dma_map_sgtable(s->dev, s->sgt, s->dir, s->attrs);
	if (!ret)
		return 0;
	sg_free_table(s->sgt);
free:
	kfree(s->sgt);
	s->sgt = NULL;
	return ret;
}

static int map_page(struct fuzz_stream *s, const struct fuzz_map *m)
{
	s->dma = dma_map_page_attrs(s->dev, pfn_to_page(PHYS_PFN(m->phys)),
				    offset_in_page(m->phys), m->size, s->dir, s->attrs);
	return dma_mapping_error(s->dev, s->dma) ? -EIO : 0;
}

static void tell(const struct fuzz_stream *s, struct fuzz_map *m)
{
	struct scatterlist *sg;
	unsigned int i;

	m->dma[0] = s->dma;
	m->length = s->size;
	if (!s->sgt)
		return;
	m->nents = s->sgt->nents;
	m->length = 0;
	for_each_sgtable_dma_sg(s->sgt, sg, i) {
		m->length += sg_dma_len(sg);
		if (i < FUZZ_ENTRIES)
			m->dma[i] = sg_dma_address(sg);
	}
}

int fuzz_map(struct fuzz_file *f, struct fuzz_map *m)
{
	struct fuzz_obj *obj = m->fd < 0 ? fuzz_obj(f, m->obj) : NULL;
	struct fuzz_stream *s;
	int ret;

	if (m->stream >= FUZZ_STREAMS || f->streams[m->stream].mapped ||
	    (m->fd < 0 && !obj) || m->dir > DMA_FROM_DEVICE)
		return -EINVAL;
	s = &f->streams[m->stream];
	*s = (struct fuzz_stream) {
		.dev = fuzz_device(m->dev),
		.dir = m->dir,
		.size = m->size,
		.attrs = DMA_ATTR_NO_WARN | (m->skip_sync ? DMA_ATTR_SKIP_CPU_SYNC : 0),
	};
	if (!s->dev)
		return -ENODEV;
	if (m->fd >= 0)
		ret = map_buffer(s, m->fd);
	else if (m->nents)
		ret = map_sg(s, m);
	else
		ret = map_page(s, m);
	if (ret)
		return ret;
	if (obj) {
		s->obj = obj;
		kref_get(&obj->ref);
	}
	s->mapped = true;
	atomic_inc(&fuzz_streams);
	tell(s, m);
	return 0;
}

int fuzz_sync(struct fuzz_file *f, const struct fuzz_sync *y)
{
	struct fuzz_stream *s;

	if (y->stream >= FUZZ_STREAMS || y->dir > DMA_FROM_DEVICE)
		return -EINVAL;
	s = &f->streams[y->stream];
	if (!s->dev || (y->sg && !(s->mapped && s->sgt)))
		return -EINVAL;
	if (y->sg && y->for_cpu)
		dma_sync_sgtable_for_cpu(s->dev, s->sgt, y->dir);
	else if (y->sg)
		dma_sync_sgtable_for_device(s->dev, s->sgt, y->dir);
	else if (y->for_cpu)
		dma_sync_single_for_cpu(s->dev, y->dma, y->size, y->dir);
	else
		dma_sync_single_for_device(s->dev, y->dma, y->size, y->dir);
	return 0;
}

int fuzz_unmap(struct fuzz_file *f, unsigned long number)
{
	struct fuzz_stream *s;
	struct dma_buf *buf;

	if (number >= FUZZ_STREAMS || !f->streams[number].mapped)
		return -EINVAL;
	s = &f->streams[number];
	s->mapped = false;
	if (s->attach) {
		buf = s->attach->dmabuf;
		dma_buf_unmap_attachment_unlocked(s->attach, s->sgt, s->dir);
		dma_buf_detach(buf, s->attach);
		dma_buf_put(buf);
	} else if (s->sgt) {
		dma_unmap_sgtable(s->dev, s->sgt, s->dir, s->attrs);
		sg_free_table(s->sgt);
		kfree(s->sgt);
	} else {
		dma_unmap_page_attrs(s->dev, s->dma, s->size, s->dir, s->attrs);
	}
	if (s->obj)
		fuzz_put(s->obj);
	s->obj = NULL;
	s->attach = NULL;
	s->sgt = NULL;
	atomic_dec(&fuzz_streams);
	return 0;
}
