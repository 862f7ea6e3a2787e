// SPDX-License-Identifier: GPL-2.0
/* Hypercalls are refused, each in turn. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../buffer.h"
#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "state.h"
#include "tests.h"

static const struct refusal {
	const char *name;
	const struct faults_op *op;
	struct inject how;
	bool stops;		/* the operation, with that error */
} refusals[] = {
	/* A DMA operation cannot tell its caller that there was no cache maintenance. */
	{ "flush_perm", &foreign_page, { .cmd = GRANT_FLUSH, .code = -EPERM }, .stops = false },
	{ "flush_invalid", &foreign_page, { .cmd = GRANT_FLUSH, .code = -EINVAL }, .stops = false },
	{ "flush_unknown", &foreign_page, { .cmd = GRANT_FLUSH, .code = -EOPNOTSUPP },
	  .stops = false },
	{ "map_perm", &four_grants, { .cmd = GRANT_MAP, .code = -EPERM }, .stops = true },
	{ "map_memory", &four_grants, { .cmd = GRANT_MAP, .code = -ENOMEM }, .stops = true },
	{ "unmap_perm", &four_grants, { .cmd = GRANT_UNMAP, .code = -EPERM }, .stops = false },
};

static void refused_run(const void *arg)
{
	const struct refusal *r = arg;
	struct check c = {
		.fd = check_open(r->op), .how = r->how, .run = check_run,
		.allowed = { r->stops ? -r->how.code : 0 },
	};

	check_all(&c, 1, "hypercalls");
}

/* Xen refuses one of four grants: that one has no entry, the others work. */
static void refused_grant(const void *arg)
{
	struct faults_op op = four_grants;
	struct state before, after;
	struct check c = { 0 };
	char why[WHY] = "";
	int ret;

	op.flags = FAULTS_BAD_REF;
	c.fd = check_open(&op);
	before = state_of(c.fd);
	ret = check_run(&c, why);
	after = state_of(c.fd);
	if (*why || !state_same(&before, &after, why))
		fail("%s", why);
	if (ret != -EACCES)
		fail("error %d, wanted that of Xen", ret);
}

/* The kernel says that there was no cache maintenance. */
static void refused_is_told(const void *arg)
{
	struct inject how = { .cmd = GRANT_FLUSH, .code = -EBADSLT };
	struct check c = { .fd = check_open(&foreign_page) };
	char want[32], why[WHY] = "";

	inject_arm(c.fd, &how, 1);
	check_run(&c, why);
	if (!inject_disarm(c.fd, &how))
		fail("there was no request");
	snprintf(want, sizeof(want), ": %d\n", how.code);
	if (!strstr(kernel_log(), want))
		fail("the kernel log has no error %d", how.code);
}

void refused_add(void)
{
	unsigned int i;

	/* The first one, as the kernel limits the rate of its messages. */
	test_add("refused", "is_told", refused_is_told, NULL);
	for (i = 0; i < COUNT(refusals); i++)
		test_add("refused", refusals[i].name, refused_run, &refusals[i]);
	test_add("refused", "grant", refused_grant, NULL);
}
