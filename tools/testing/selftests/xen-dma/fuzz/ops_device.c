// SPDX-License-Identifier: GPL-2.0
/* Unbind a device, and take its pool away. */
#include <errno.h>

#include "model.h"

/* A driver that is unbound gives up all that belongs to its device. */
static void drop_all_of(unsigned int dev)
{
	unsigned int i;

	for (i = 0; i < FUZZ_STREAMS; i++)
		if (streams[i].mapped &&
		    (streams[i].dev == dev || streams[i].obj->dev == dev))
			drop_stream(&streams[i]);
	for (i = 0; i < MAPS; i++)
		if (maps[i].at && maps[i].obj->dev == dev)
			drop_map(&maps[i]);
	for (i = 0; i < BUFS; i++)
		if (bufs[i].obj && bufs[i].obj->dev == dev)
			drop_buf(&bufs[i]);
}

void op_unbind(const struct op *op)
{
	struct fuzz_alloc a = { .dev = FUZZ_OWN, .size = PAGE, .obj = FUZZ_OBJECTS - 1 };
	unsigned int i;

	/* The number is for the try below. */
	if (objs[a.obj].handle)
		return;
	say("unbind and bind a device");
	drop_all_of(FUZZ_OWN);
	for (i = 0; i < FUZZ_STREAMS; i++)
		if (streams[i].dev == FUZZ_OWN)
			streams[i].late = false;
	expect(request_number(FUZZ_IOC_BIND, 0), 0, "unbind");
	expect(request(FUZZ_IOC_ALLOC, &a), ENODEV, "alloc without a driver");
	/* The driver core has freed the buffers. */
	for (i = 0; i < FUZZ_OBJECTS; i++)
		if (objs[i].handle && objs[i].dev == FUZZ_OWN)
			drop_obj(&objs[i]);
	expect(request_number(FUZZ_IOC_BIND, 1), 0, "bind");
}

/* Take the pool from a device while nothing is in it, or give it back. */
void op_pool(const struct op *op)
{
	struct fuzz_pool p = { .dev = op->arg[0] % 2 ? FUZZ_STATIC_POOL : FUZZ_DYNAMIC_POOL };
	struct device *d = &devices[p.dev];
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS && !d->released; i++)
		if (objs[i].refs && objs[i].dev == p.dev)
			return;
	p.release = !d->released;
	say("%s the pool of %s", p.release ? "release" : "give back", d->label);
	expect(request(FUZZ_IOC_POOL, &p), 0, "pool");
	d->released = p.release;
}
