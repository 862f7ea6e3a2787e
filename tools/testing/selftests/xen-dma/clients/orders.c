// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"
#include "../buffer.h"
#include "../outcome.h"
#include "orders.h"

#define START_TRIES	300	/* of 200 ms each: the domain boots meanwhile */
#define ORDER_TRIES	3000	/* of 20 ms each */

void *argument(size_t size)
{
	void *p = calloc(1, size + SHARE_PAGES * sizeof(uint32_t));

	if (!p)
		fail("no memory");
	return p;
}

struct share_orders *orders_map(int gntdev)
{
	struct ioctl_gntdev_map_grant_ref map = {
		.count = 1,
		.refs = { { .domid = SHARE_DOMID, .ref = SHARE_REF_ORDERS } },
	};
	unsigned int tries;
	void *p;

	file_call(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map, "IOCTL_GNTDEV_MAP_GRANT_REF");
	for (tries = 0; tries < START_TRIES; tries++) {
		p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, map.index);
		if (p != MAP_FAILED)
			return p;
		usleep(200000);
	}
	fail("mapping the orders of the domain: %s", strerror(errno));
}

void order(struct share_orders *o, enum share_order order)
{
	unsigned int tries;

	__atomic_store_n(&o->order, order, __ATOMIC_RELEASE);
	for (tries = 0; tries < ORDER_TRIES; tries++) {
		if (__atomic_load_n(&o->order, __ATOMIC_ACQUIRE) == SHARE_DONE)
			return;
		usleep(20000);
	}
	fail("the domain does not answer");
}
