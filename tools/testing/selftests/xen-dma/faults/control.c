// SPDX-License-Identifier: GPL-2.0
/* Operations with a fault of their own: the checks must detect it. */
#include <errno.h>
#include <string.h>

#include "../buffer.h"
#include "../clients/runner.h"
#include "../outcome.h"
#include "tests.h"

static const struct control {
	const char *name;
	struct faults_op op;
	struct inject how;
	const char *symptom;
} controls[] = {
	{ "pool_leaks", { "static-pool", FAULTS_ALLOC, FAULTS_LEAK, PAGE },
	  { .cmd = GRANT_MAP }, "free pages of the pool" },
	{ "slot_leaks", { "plain", FAULTS_MAP, FAULTS_BOUNCE | FAULTS_LEAK, PAGE },
	  { .cmd = GRANT_MAP }, "slots in use" },
	{ "entry_leaks", { "plain", FAULTS_GRANTS, FAULTS_LEAK, PAGE },
	  { .cmd = GRANT_FLUSH }, "entries of the p2m" },
	{ "grant_leaks", { "plain", FAULTS_GRANTS, FAULTS_EARLY, PAGE },
	  { .cmd = GRANT_FLUSH }, "grants that do not end" },
	{ "error_is_ignored", { "plain", FAULTS_ALLOC, FAULTS_IGNORE, PAGE },
	  { .memory = true }, "of the module fails" },
	{ "entry_is_ignored", { "plain", FAULTS_GRANTS, FAULTS_IGNORE, PAGE },
	  { .memory = true }, "of the module fails" },
	{ "wrong_error", { "plain", FAULTS_GRANTS, 0, PAGE },
	  { .cmd = GRANT_MAP, .code = -ENOTTY }, "fault 1: error -25" },
};

static void control_run(const void *arg)
{
	const struct control *k = arg;
	struct check c = { .how = k->how, .run = check_run, .allowed = { ENOMEM } };
	char why[WHY] = "";

	if (k->how.memory)
		inject_setup();
	c.fd = check_open(&k->op);
	if (check_each(&c, why))
		fail("the checks have found nothing");
	if (!strstr(why, k->symptom))
		fail("the checks have found this instead: %s", why);
}

/* Leave a page behind after one of the faults, as if one error path did not free it. */
static int leaking_run(struct check *c, char *why)
{
	struct buffer_kind kind = { .device = "plain", .size = PAGE };

	if (c->now == 2)
		buffer_get(&kind);
	return 0;
}

static void control_pages(const void *arg)
{
	struct faults_op op = { "plain", FAULTS_MAP, 0, PAGE };
	struct check c = { .fd = check_open(&op), .run = leaking_run, .faults = 3 };
	char why[WHY] = "";

	if (check_drift(&c, why) || !strstr(why, "fault 2: ") || !strstr(why, "pages less"))
		fail("the checks have found: %s", why);
}

void control_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(controls); i++)
		test_add("control", controls[i].name, control_run, &controls[i]);
	test_add("control", "pages_leak", control_pages, NULL);
}
