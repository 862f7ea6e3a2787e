// SPDX-License-Identifier: GPL-2.0
/* Each allocation of an operation fails in turn. */
#include <errno.h>

#include "../buffer.h"
#include "../clients/runner.h"
#include "tests.h"

static const struct operation {
	const char *name;
	struct faults_op op;
	unsigned int least;	/* allocations */
	int other;		/* error besides ENOMEM that is allowed */
} operations[] = {
	{ "alloc_plain", { "plain", FAULTS_ALLOC, 0, OP_SIZE }, .least = 3 },
	{ "alloc_page", { "plain", FAULTS_ALLOC, 0, PAGE }, .least = 3 },
	{ "alloc_combined", { "plain", FAULTS_ALLOC, FAULTS_WRITE_COMBINE, OP_SIZE }, .least = 3 },
	/* Memory of CMA comes from no allocator that fails; one page is not from there. */
	{ "alloc_cookie", { "plain", FAULTS_ALLOC, FAULTS_COOKIE, PAGE }, .least = 1 },
	{ "alloc_atomic", { "plain", FAULTS_ALLOC, FAULTS_ATOMIC, PAGE }, .least = 0 },
	{ "alloc_coherent", { "coherent", FAULTS_ALLOC, 0, PAGE }, .least = 1 },
	{ "alloc_offset", { "offset", FAULTS_ALLOC, 0, PAGE }, .least = 3 },
	{ "alloc_narrow", { "narrow", FAULTS_ALLOC, 0, PAGE }, .least = 3 },
	{ "alloc_static_pool", { "static-pool", FAULTS_ALLOC, 0, OP_SIZE }, .least = 0 },
	{ "alloc_dynamic_pool", { "dynamic-pool", FAULTS_ALLOC, 0, OP_SIZE }, .least = 0 },
	{ "alloc_pool_cookie", { "dynamic-pool", FAULTS_ALLOC, FAULTS_COOKIE, OP_SIZE },
	  .least = 0 },
	{ "alloc_onchip_pool", { "onchip-pool", FAULTS_ALLOC, 0, OP_SIZE }, .least = 0 },
	{ "pages_plain", { "plain", FAULTS_PAGES, 0, PAGE }, .least = 1 },
	{ "pages_bounce", { "plain", FAULTS_PAGES, FAULTS_BOUNCE, PAGE }, .least = 1 },
	{ "noncontiguous", { "plain", FAULTS_NONCONTIGUOUS, 0, PAGE }, .least = 3 },
	{ "sgtable_plain", { "plain", FAULTS_SGTABLE, 0, OP_SIZE }, .least = 1 },
	{ "sgtable_cookie", { "plain", FAULTS_SGTABLE, FAULTS_COOKIE, OP_SIZE }, .least = 1 },
	{ "sgtable_static_pool", { "static-pool", FAULTS_SGTABLE, 0, OP_SIZE }, .least = 1 },
	{ "sgtable_dynamic_pool", { "dynamic-pool", FAULTS_SGTABLE, 0, OP_SIZE }, .least = 1 },
	{ "sgtable_onchip_pool", { "onchip-pool", FAULTS_SGTABLE, 0, OP_SIZE }, .least = 1 },
	{ "map_plain", { "plain", FAULTS_MAP, 0, PAGE }, .least = 0 },
	{ "map_bounce", { "plain", FAULTS_MAP, FAULTS_BOUNCE, PAGE }, .least = 0 },
	{ "map_sg", { "plain", FAULTS_SG, 0, PAGE }, .least = 1 },
	{ "map_sg_bounce", { "plain", FAULTS_SG, FAULTS_BOUNCE, PAGE }, .least = 1 },
	{ "map_resource", { "plain", FAULTS_RESOURCE, 0, PAGE }, .least = 0 },
	/* Each of four grants has an entry of its own in the p2m. */
	{ "grants", { "plain", FAULTS_GRANTS, 0, PAGE }, .least = 4 },
	{ "foreign", { "plain", FAULTS_FOREIGN, 0, PAGE }, .least = 1 },
	/* The kernel says EINVAL if it cannot map the pool. */
	{ "declare_pool", { "onchip-pool", FAULTS_DECLARE, 0, OP_SIZE },
	  .least = 3, .other = EINVAL },
	{ "reserved_static", { "static-pool", FAULTS_RESERVED, 0, 0 }, .least = 1 },
	{ "reserved_dynamic", { "dynamic-pool", FAULTS_RESERVED, 0, 0 }, .least = 1 },
};

static void operation_run(const void *arg)
{
	const struct operation *o = arg;
	struct check c = {
		.how.memory = true, .run = check_run, .allowed = { ENOMEM, o->other },
	};

	inject_setup();
	c.fd = check_open(&o->op);
	check_all(&c, o->least, "allocations");
}

void operation_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(operations); i++)
		test_add("operation", operations[i].name, operation_run, &operations[i]);
}
