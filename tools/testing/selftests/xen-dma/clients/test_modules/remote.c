// SPDX-License-Identifier: GPL-2.0
/*
 * The remote processor: it announces one service, and echoes each message.  It
 * reaches rings and messages by their bus addresses, as a real one would, through
 * mappings of its own.
 */
#include <linux/rpmsg/ns.h>
#include <linux/virtio_ring.h>

#include "clients.h"

#define SERVICE_ADDR	0x400
#define MESSAGE_MAX	512		/* as in drivers/rpmsg/virtio_rpmsg_bus.c */

struct message {
	__le32 src, dst, reserved;
	__le16 len, flags;
	u8 data[];
} __packed;

/* Return the mapping of address @at in the pool at @base, or NULL outside of it. */
static void *reach(const struct pool *pool, u64 base, u64 at, size_t size)
{
	if (at < base || at - base > pool->size - size)
		return NULL;
	return pool->va + (at - base);
}

/* Return the next buffer that the host has made available, or NULL. */
static struct vring_desc *next(struct remote *r, int i, struct vring *vr, u16 *id)
{
	void *ring = reach(&r->rings, r->rings.dma, r->table.vring[i].da,
			   vring_size(VQ_SIZE, RING_ALIGN));

	if (!ring)
		return NULL;
	vring_init(vr, VQ_SIZE, ring, RING_ALIGN);
	if (le16_to_cpu((__force __le16)READ_ONCE(vr->avail->idx)) == r->seen[i])
		return NULL;
	/* Read the index before the entry. */
	rmb();
	*id = le16_to_cpu((__force __le16)vr->avail->ring[r->seen[i] % vr->num]);
	return &vr->desc[*id % vr->num];
}

static void done(struct remote *r, int i, struct vring *vr, u16 id, u32 len)
{
	u16 idx = le16_to_cpu((__force __le16)vr->used->idx);

	vr->used->ring[idx % vr->num].id = (__force __virtio32)cpu_to_le32(id);
	vr->used->ring[idx % vr->num].len = (__force __virtio32)cpu_to_le32(len);
	/* Write the entry before the index. */
	wmb();
	vr->used->idx = (__force __virtio16)cpu_to_le16(idx + 1);
	r->seen[i]++;
}

/* Return the message.  Accept both kinds of address, and note which one it was. */
static struct message *message_of(struct remote *r, const struct vring_desc *desc)
{
	u64 at = le64_to_cpu((__force __le64)desc->addr);
	struct message *m = reach(&r->messages, r->messages.dma, at, MESSAGE_MAX);

	WRITE_ONCE(r->physical, !m);
	if (!m)
		m = reach(&r->messages, r->messages.phys, at, MESSAGE_MAX);
	if (!m)
		dev_err(&r->rproc->dev, "a message at 0x%llx is not in the pool\n", at);
	return m;
}

static bool send(struct remote *r, u32 src, u32 dst, const void *data, u16 len)
{
	struct vring_desc *desc;
	struct message *m;
	struct vring vr;
	u16 id;

	desc = next(r, TO_HOST, &vr, &id);
	m = desc ? message_of(r, desc) : NULL;
	if (!m)
		return false;
	m->src = cpu_to_le32(src);
	m->dst = cpu_to_le32(dst);
	m->reserved = 0;
	m->len = cpu_to_le16(len);
	m->flags = 0;
	memcpy(m->data, data, len);
	done(r, TO_HOST, &vr, id, sizeof(*m) + len);
	return true;
}

void remote_work(struct work_struct *work)
{
	struct remote *r = container_of(work, struct remote, work);
	struct rpmsg_ns_msg ns = {};
	bool sent = false, taken = false;
	struct vring_desc *desc;
	struct message *m;
	struct vring vr;
	u16 id;

	if (READ_ONCE(r->dead))
		return;
	if (!r->announced) {
		snprintf(ns.name, sizeof(ns.name), SERVICE "%s", r->label);
		ns.addr = (__force __rpmsg32)cpu_to_le32(SERVICE_ADDR);
		r->announced = send(r, SERVICE_ADDR, RPMSG_NS_ADDR, &ns, sizeof(ns));
		sent = r->announced;
	}
	while ((desc = next(r, TO_REMOTE, &vr, &id))) {
		m = message_of(r, desc);
		/* Without room for the answer, wait for the next kick. */
		if (!m || !send(r, le32_to_cpu(m->dst), le32_to_cpu(m->src), m->data,
				le16_to_cpu(m->len)))
			break;
		done(r, TO_REMOTE, &vr, id, 0);
		sent = true;
		taken = true;
	}
	if (sent)
		rproc_vq_interrupt(r->rproc, r->table.vring[TO_HOST].notifyid);
	if (taken)
		rproc_vq_interrupt(r->rproc, r->table.vring[TO_REMOTE].notifyid);
}
