// SPDX-License-Identifier: GPL-2.0
/*
 * A video device that reads frames and writes their complement, by DMA.  Its buffers
 * are those of videobuf2-dma-contig.  Against the rules of V4L2, the timestamp of each
 * captured frame is its page frame number, as microseconds.
 */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <media/v4l2-device.h>
#include <media/v4l2-fh.h>
#include <media/v4l2-ioctl.h>
#include <media/v4l2-mem2mem.h>
#include <media/videobuf2-dma-contig.h>

#include "devices.h"
#include "drivers.h"

struct m2m {
	struct device *dev;
	struct v4l2_device v4l2;
	struct v4l2_m2m_dev *m2m;
	struct video_device video;
	struct mutex lock;		/* of the device, and of all queues */
	unsigned long attrs;		/* DMA_ATTR_* of its buffers */
	u32 size;			/* of a frame, bytes */
};

struct m2m_file {
	struct v4l2_fh fh;
	struct m2m *m2m;
};

static bool m2m_copy(struct m2m *m2m, dma_addr_t from, dma_addr_t to)
{
	struct device *dev = m2m->dev;
	u32 *in = view_map(dev, from, m2m->size), *out = view_map(dev, to, m2m->size);
	unsigned int i;

	for (i = 0; in && out && i < m2m->size / sizeof(*in); i++)
		out[i] = ~in[i];
	if (in)
		view_unmap(dev, from, in);
	if (out)
		view_unmap(dev, to, out);
	return in && out;
}

static void m2m_run(void *priv)
{
	struct m2m_file *file = priv;
	struct v4l2_m2m_ctx *ctx = file->fh.m2m_ctx;
	struct vb2_v4l2_buffer *in = v4l2_m2m_src_buf_remove(ctx);
	struct vb2_v4l2_buffer *out = v4l2_m2m_dst_buf_remove(ctx);
	struct device *dev = file->m2m->dev;
	dma_addr_t to = vb2_dma_contig_plane_dma_addr(&out->vb2_buf, 0);
	bool done;

	done = m2m_copy(file->m2m, vb2_dma_contig_plane_dma_addr(&in->vb2_buf, 0), to);
	out->vb2_buf.timestamp = PHYS_PFN(dma_to_phys(dev, to)) * NSEC_PER_USEC;
	v4l2_m2m_buf_done(in, VB2_BUF_STATE_DONE);
	v4l2_m2m_buf_done(out, done ? VB2_BUF_STATE_DONE : VB2_BUF_STATE_ERROR);
	v4l2_m2m_job_finish(file->m2m->m2m, ctx);
}

static const struct v4l2_m2m_ops m2m_ops = {
	.device_run = m2m_run,
};

static int m2m_setup(struct vb2_queue *q, unsigned int *buffers, unsigned int *planes,
		     unsigned int sizes[], struct device *devs[])
{
	struct m2m_file *file = vb2_get_drv_priv(q);

	if (*planes)
		return sizes[0] < file->m2m->size ? -EINVAL : 0;
	*planes = 1;
	sizes[0] = file->m2m->size;
	return 0;
}

static int m2m_prepare(struct vb2_buffer *vb)
{
	struct m2m_file *file = vb2_get_drv_priv(vb->vb2_queue);

	if (vb2_plane_size(vb, 0) < file->m2m->size)
		return -EINVAL;
	vb2_set_plane_payload(vb, 0, file->m2m->size);
	return 0;
}

static int m2m_validate(struct vb2_buffer *vb)
{
	to_vb2_v4l2_buffer(vb)->field = V4L2_FIELD_NONE;
	return 0;
}

static void m2m_queue(struct vb2_buffer *vb)
{
	struct m2m_file *file = vb2_get_drv_priv(vb->vb2_queue);

	v4l2_m2m_buf_queue(file->fh.m2m_ctx, to_vb2_v4l2_buffer(vb));
}

static void m2m_stop(struct vb2_queue *q)
{
	struct m2m_file *file = vb2_get_drv_priv(q);
	struct vb2_v4l2_buffer *b;

	for (;;) {
		b = V4L2_TYPE_IS_OUTPUT(q->type) ?
			v4l2_m2m_src_buf_remove(file->fh.m2m_ctx) :
			v4l2_m2m_dst_buf_remove(file->fh.m2m_ctx);
		if (!b)
			return;
		v4l2_m2m_buf_done(b, VB2_BUF_STATE_ERROR);
	}
}

static const struct vb2_ops m2m_queue_ops = {
	.queue_setup = m2m_setup,
	.buf_out_validate = m2m_validate,
	.buf_prepare = m2m_prepare,
	.buf_queue = m2m_queue,
	.stop_streaming = m2m_stop,
};

static int m2m_init_queue(struct m2m_file *file, struct vb2_queue *q, u32 type)
{
	q->type = type;
	q->io_modes = VB2_MMAP | VB2_DMABUF;
	q->drv_priv = file;
	q->buf_struct_size = sizeof(struct v4l2_m2m_buffer);
	q->ops = &m2m_queue_ops;
	q->mem_ops = &vb2_dma_contig_memops;
	q->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	q->lock = &file->m2m->lock;
	q->dev = file->m2m->dev;
	q->dma_attrs = file->m2m->attrs;
	/* videobuf2 would hand the attributes to a function that takes none. */
	q->allow_cache_hints = !file->m2m->attrs;
	return vb2_queue_init(q);
}

static int m2m_init_queues(void *priv, struct vb2_queue *out, struct vb2_queue *capture)
{
	return m2m_init_queue(priv, out, V4L2_BUF_TYPE_VIDEO_OUTPUT) ?:
	       m2m_init_queue(priv, capture, V4L2_BUF_TYPE_VIDEO_CAPTURE);
}

static int m2m_open(struct file *file)
{
	struct m2m *m2m = video_drvdata(file);
	struct m2m_file *f = kzalloc_obj(*f);
	int ret;

	if (!f)
		return -ENOMEM;
	f->m2m = m2m;
	v4l2_fh_init(&f->fh, &m2m->video);
	f->fh.m2m_ctx = v4l2_m2m_ctx_init(m2m->m2m, f, m2m_init_queues);
	if (IS_ERR(f->fh.m2m_ctx)) {
		ret = PTR_ERR(f->fh.m2m_ctx);
		v4l2_fh_exit(&f->fh);
		kfree(f);
		return ret;
	}
	v4l2_fh_add(&f->fh, file);
	return 0;
}

static int m2m_release(struct file *file)
{
	struct m2m_file *f = container_of(file_to_v4l2_fh(file), struct m2m_file, fh);

	v4l2_fh_del(&f->fh, file);
	mutex_lock(&f->m2m->lock);
	v4l2_m2m_ctx_release(f->fh.m2m_ctx);
	mutex_unlock(&f->m2m->lock);
	v4l2_fh_exit(&f->fh);
	kfree(f);
	return 0;
}

static int m2m_querycap(struct file *file, void *priv, struct v4l2_capability *cap)
{
	strscpy(cap->driver, "xen-dma-m2m", sizeof(cap->driver));
	strscpy(cap->card, "xen-dma-m2m", sizeof(cap->card));
	return 0;
}

/* V4L2 has no queue without a format. */
static int m2m_format(struct file *file, void *priv, struct v4l2_format *f)
{
	f->fmt.pix.sizeimage = ((struct m2m *)video_drvdata(file))->size;
	return 0;
}

static const struct v4l2_ioctl_ops m2m_ioctls = {
	.vidioc_g_fmt_vid_cap = m2m_format,
	.vidioc_g_fmt_vid_out = m2m_format,
	.vidioc_expbuf = v4l2_m2m_ioctl_expbuf,
	.vidioc_reqbufs = v4l2_m2m_ioctl_reqbufs,
	.vidioc_qbuf = v4l2_m2m_ioctl_qbuf,
	.vidioc_querybuf = v4l2_m2m_ioctl_querybuf,
	.vidioc_streamoff = v4l2_m2m_ioctl_streamoff,
	.vidioc_dqbuf = v4l2_m2m_ioctl_dqbuf,
	.vidioc_streamon = v4l2_m2m_ioctl_streamon,
	.vidioc_querycap = m2m_querycap,
};

static const struct v4l2_file_operations m2m_fops = {
	.owner = THIS_MODULE,
	.poll = v4l2_m2m_fop_poll,
	.mmap = v4l2_m2m_fop_mmap,
	.open = m2m_open,
	.release = m2m_release,
	.unlocked_ioctl = video_ioctl2,
};

static void m2m_unregister(void *data)
{
	struct m2m *m2m = data;

	video_unregister_device(&m2m->video);
}

static int m2m_register(struct m2m *m2m, const char *label)
{
	struct video_device *v = &m2m->video;
	int ret;

	v->fops = &m2m_fops;
	v->ioctl_ops = &m2m_ioctls;
	v->vfl_dir = VFL_DIR_M2M;
	v->device_caps = V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING;
	v->lock = &m2m->lock;
	v->v4l2_dev = &m2m->v4l2;
	v->release = video_device_release_empty;
	strscpy(v->name, label, sizeof(v->name));
	video_set_drvdata(v, m2m);
	ret = video_register_device(v, VFL_TYPE_VIDEO, -1);
	return ret ?: devm_add_action_or_reset(m2m->dev, m2m_unregister, m2m);
}

static void m2m_remove(void *data)
{
	struct m2m *m2m = data;

	if (!IS_ERR(m2m->m2m))
		v4l2_m2m_release(m2m->m2m);
	v4l2_device_unregister(&m2m->v4l2);
}

static int m2m_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	const char *label;
	struct m2m *m2m;
	int ret;

	m2m = devm_kzalloc(dev, sizeof(*m2m), GFP_KERNEL);
	if (!m2m)
		return -ENOMEM;
	m2m->dev = dev;
	mutex_init(&m2m->lock);
	m2m->size = FRAME_SIZE;
	of_property_read_u32(dev->of_node, "frame-size", &m2m->size);
	if (of_property_read_bool(dev->of_node, "no-kernel-mapping"))
		m2m->attrs = DMA_ATTR_NO_KERNEL_MAPPING;

	ret = devices_prepare(dev, &label);
	if (ret)
		return ret;
	ret = v4l2_device_register(dev, &m2m->v4l2);
	if (ret)
		return ret;
	m2m->m2m = v4l2_m2m_init(&m2m_ops);
	ret = devm_add_action_or_reset(dev, m2m_remove, m2m);
	if (ret)
		return ret;
	return PTR_ERR_OR_ZERO(m2m->m2m) ?: m2m_register(m2m, label);
}

static const struct of_device_id m2m_of_match[] = {
	{ .compatible = "linux,xen-dma-m2m" },
	{}
};

struct platform_driver m2m_driver = {
	.probe = m2m_probe,
	.driver = {
		.name = "xen-dma-m2m",
		.of_match_table = m2m_of_match,
		.suppress_bind_attrs = true,
	},
};
