// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation and each hypercall of the DMA operations fails in turn.  An operation
 * then has an error or a right result, leaves nothing behind, and works afterwards.
 */
#include "../buffer.h"
#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "tests.h"

const struct faults_op four_grants = { .op = FAULTS_GRANTS, .label = "plain" };
const struct faults_op foreign_page = { .op = FAULTS_FOREIGN, .label = "plain" };

void check_all(struct check *c, unsigned int least, const char *what)
{
	char why[WHY] = "";

	if (!check_each(c, why))
		fail("%s", why);
	if (c->faults < least)
		fail("%u %s have failed, wanted %u or more", c->faults, what, least);
	if (c->faults && !check_drift(c, why))
		fail("%s", why);
	ksft_print_msg("%u %s: %u refused, %u survived\n", c->faults, what, c->refused,
		       c->survived);
	fflush(stdout);
}

/* Check that there is a fault detector: the runner asks it after each test. */
static void env_detector(const void *arg)
{
	struct xdt_seen seen;

	if (!seen_take(&seen))
		fail("there is no fault detector");
}

int main(void)
{
	test_add("env", "detector", env_detector, NULL);
	operation_add();
	mapping_add();
	refused_add();
	full_add();
	control_add();
	/* Lockdep reports a fault of gntdev's, and is off from then on. */
	gntdev_add();
	lost_add();
	return tests_run();
}
