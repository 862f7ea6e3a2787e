// SPDX-License-Identifier: GPL-2.0
/* dma-bufs: export, sync, import by another device. */
#include <errno.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "model.h"

void drop_buf(struct buf *b)
{
	shared->calls++;
	close(b->fd);
	model_put(b->obj);
	b->obj = NULL;
}

void op_export(const struct op *op)
{
	struct obj *o = any_obj(op->arg[0], false);
	struct buf *b = &bufs[op->arg[1] % BUFS];
	struct fuzz_export e = {};

	if (!o)
		return;
	if (b->obj)
		drop_buf(b);
	e.obj = o - objs;
	say("export %u as dma-buf %u", e.obj, (unsigned int)(b - bufs));
	expect(request(FUZZ_IOC_EXPORT, &e), 0, "export");
	b->fd = e.fd;
	b->obj = o;
	model_take(o);
}

void op_close(const struct op *op)
{
	struct buf *b = any_buf(op->arg[0]);

	if (!b)
		return;
	say("close dma-buf %u", (unsigned int)(b - bufs));
	drop_buf(b);
}

void op_buf_sync(const struct op *op)
{
	struct dma_buf_sync s = { .flags = 1 + op->arg[1] % 3 };
	struct buf *b = any_buf(op->arg[0]);

	if (!b)
		return;
	if (op->arg[2] % 2)
		s.flags |= DMA_BUF_SYNC_END;
	say("sync dma-buf %u: 0x%llx", (unsigned int)(b - bufs), s.flags);
	shared->calls++;
	expect(ioctl(b->fd, DMA_BUF_IOCTL_SYNC, &s) ? errno : 0, 0, "DMA_BUF_IOCTL_SYNC");
}

void op_import(const struct op *op)
{
	struct stream *s = &streams[op->arg[1] % FUZZ_STREAMS];
	unsigned int dev = any_device(op->arg[2]);
	struct buf *b = any_buf(op->arg[0]);
	struct fuzz_map m = {
		.stream = s - streams, .dev = dev, .dir = op->arg[3] % DIRECTIONS,
		.skip_sync = op->arg[3] / 4 % 2,
	};
	uint64_t dma, size;
	int want;

	if (!b)
		return;
	size = b->obj->pages * PAGE;
	dma = model_dma(dev, b->obj->phys, size);
	if (dma == NO_FRAME) {
		/* Without Xen's operations, the kernel copies memory that it does not map. */
		if (!under_xen || size > 16 * PAGE)
			return;
		/* Contents are not compared, so there must be no copy back. */
		m.skip_sync = 1;
	}
	if (model_unmapped(b->obj) && !under_xen)
		m.skip_sync = 1;
	if (s->mapped)
		drop_stream(s);
	m.fd = b->fd;
	want = dma == NO_FRAME && model_unmapped(b->obj) ? EIO : 0;
	say("import dma-buf %u for %s as stream %u, direction %u%s", (unsigned int)(b - bufs),
	    devices[dev].label, m.stream, m.dir, m.skip_sync ? ", no sync" : "");
	s->late = false;
	expect(request(FUZZ_IOC_MAP, &m), want, "import");
	if (want)
		return;
	if (m.nents != 1 || m.length != size || (dma != NO_FRAME && m.dma[0] != dma))
		wrong("import: %u entries, 0x%llx+%llu, wanted 0x%llx+%llu", m.nents, m.dma[0],
		      m.length, (unsigned long long)dma, (unsigned long long)size);
	*s = (struct stream) {
		.mapped = true, .imported = true, .skip_sync = m.skip_sync, .dev = dev,
		.dir = m.dir, .nents = 1, .obj = b->obj, .size = size, .dma = { m.dma[0] },
		.bounced = { dma == NO_FRAME },
	};
	model_take(b->obj);
}
