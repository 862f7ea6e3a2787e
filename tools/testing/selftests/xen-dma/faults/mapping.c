// SPDX-License-Identifier: GPL-2.0
/* A buffer is mapped to user space, and each allocation for that fails in turn. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../buffer.h"
#include "../clients/runner.h"
#include "tests.h"

static const struct mapping {
	const char *name;
	struct buffer_kind kind;
} mappings[] = {
	{ "plain", { .device = "plain", .size = OP_SIZE } },
	{ "cookie", { .device = "plain", .flags = XDT_NO_KERNEL_MAPPING, .size = OP_SIZE } },
	{ "static_pool", { .device = "static-pool", .size = OP_SIZE } },
	{ "dynamic_pool", { .device = "dynamic-pool", .size = OP_SIZE } },
	{ "onchip_pool", { .device = "onchip-pool", .size = OP_SIZE } },
};

static int mapping_run(struct check *c, char *why)
{
	struct buffer *b = c->arg;
	void *map = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	/* It writes to @why what is wrong. */
	pfns_right(b->fd, map, 0, b->pages, b->a.phys / PAGE, why);
	munmap(map, b->size);
	return 0;
}

static void mapping_memory(const void *arg)
{
	const struct mapping *m = arg;
	struct faults_op op = { .op = FAULTS_MAP, .size = PAGE };
	struct buffer b = buffer_get(&m->kind);
	struct check c = {
		.how.memory = true, .run = mapping_run, .arg = &b, .allowed = { ENOMEM },
	};

	inject_setup();
	/* The module only counts. */
	memcpy(op.label, m->kind.device, strlen(m->kind.device));
	c.fd = check_open(&op);
	check_all(&c, 2, "allocations");
}

void mapping_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(mappings); i++)
		test_add("mapping", mappings[i].name, mapping_memory, &mappings[i]);
}
