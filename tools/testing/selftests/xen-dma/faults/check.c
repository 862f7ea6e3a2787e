// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../memory.h"
#include "../outcome.h"
#include "check.h"
#include "state.h"

/* More requests than any operation makes. */
#define MOST		1000
#define REPEATS		50	/* of the same fault, to see whether memory is lost */
#define ROUNDS		4	/* a fault that loses memory does so in each round */

int check_open(const struct faults_op *op)
{
	int fd = file_open(FAULTS_FILE, O_RDWR);

	file_call(fd, FAULTS_IOC_PREPARE, (void *)op, "FAULTS_IOC_PREPARE");
	return fd;
}

int check_run(struct check *c, char *why)
{
	struct faults_run r;

	/* No fail(): it would print while allocations fail. */
	if (ioctl(c->fd, FAULTS_IOC_RUN, &r))
		return -errno;
	if (r.wrong)
		snprintf(why, WHY, "the check in line %u of the module fails, error %d", r.wrong,
			 r.ret);
	return r.ret;
}

static bool is_allowed(const struct check *c, int ret)
{
	unsigned int i;

	for (i = 0; i < COUNT(c->allowed); i++)
		if (c->allowed[i] && ret == -c->allowed[i])
			return true;
	return false;
}

/* Run once without a fault. */
static bool works(struct check *c, const char *when, char *why)
{
	char wrong[WHY] = "";
	int ret = c->run(c, wrong);

	if (!ret && !*wrong)
		return true;
	snprintf(why, WHY, "%s: error %d %.200s", when, ret, wrong);
	return false;
}

/* A run in which request n fails, if there are so many. */
struct outcome {
	bool fired;
	int ret;
};

/* Return whether the outcome is right. */
static bool run_with_fault(struct check *c, unsigned int n, struct outcome *o, char *why)
{
	char wrong[WHY] = "";

	c->now = n;
	inject_arm(c->fd, &c->how, n);
	o->ret = c->run(c, wrong);
	o->fired = inject_disarm(c->fd, &c->how);
	if (*wrong)
		snprintf(why, WHY, "fault %u: %.200s", n, wrong);
	else if (o->ret && !o->fired)
		snprintf(why, WHY, "error %d without a fault, after %u requests", o->ret,
			 n - 1);
	else if (o->ret && !is_allowed(c, o->ret))
		snprintf(why, WHY, "fault %u: error %d", n, o->ret);
	else
		return true;
	return false;
}

/* Check that the fault detector has seen nothing. */
static bool nothing_seen(unsigned int n, char *why)
{
	struct xdt_seen seen;

	if (!seen_take(&seen)) {
		snprintf(why, WHY, "the detector does not answer");
		return false;
	}
	if (!seen.hits && !seen.missed)
		return true;
	snprintf(why, WHY, "fault %u: detector: %u hits, %u missed, %s", n, seen.hits,
		 seen.missed, seen.first);
	return false;
}

static bool check_one(struct check *c, unsigned int n, const struct state *before,
		      struct outcome *o, char *why)
{
	struct state after;
	char left[WHY];

	if (!run_with_fault(c, n, o, why) || !nothing_seen(n, why))
		return false;
	after = state_of(c->fd);
	if (!state_same(before, &after, left)) {
		snprintf(why, WHY, "fault %u: %.200s", n, left);
		return false;
	}
	snprintf(left, sizeof(left), "after fault %u", n);
	return works(c, left, why);
}

bool check_each(struct check *c, char *why)
{
	struct state before = state_of(c->fd);
	struct outcome o;
	unsigned int n;

	if (!works(c, "without a fault", why))
		return false;
	for (n = 1; n < MOST; n++) {
		if (!check_one(c, n, &before, &o, why))
			return false;
		if (!o.fired)
			return true;
		c->faults++;
		c->refused += !!o.ret;
		c->survived += !o.ret;
	}
	snprintf(why, WHY, "more than %u requests", MOST);
	return false;
}

/* Let request n fail again and again; return whether the memory is left that was there. */
static bool check_drift_of(struct check *c, unsigned int n, char *why)
{
	long before, lost = 0;
	struct outcome o;
	unsigned int i, j;

	/* The first round can allocate what is kept. */
	for (i = 0; i < ROUNDS; i++) {
		before = pages_left(c->fd);
		for (j = 0; j < REPEATS; j++)
			if (!run_with_fault(c, n, &o, why))
				return false;
		lost = before - pages_left(c->fd);
		/* Half a page for each repetition. */
		if (lost < REPEATS / 2)
			return true;
	}
	snprintf(why, WHY, "fault %u: %ld pages less after %u times", n, lost, REPEATS);
	return false;
}

bool check_drift(struct check *c, char *why)
{
	unsigned int n;

	/* In the last one, nothing fails. */
	for (n = 1; n <= c->faults + 1; n++)
		if (!check_drift_of(c, n, why))
			return false;
	return true;
}
