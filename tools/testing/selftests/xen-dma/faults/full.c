// SPDX-License-Identifier: GPL-2.0
/* Pools, CMA and bounce buffers are full. */
#include <errno.h>
#include <stdio.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../clients/runner.h"
#include "../outcome.h"
#include "state.h"
#include "tests.h"

#define MIB		(1024 * 1024)
/* Only CMA has pieces of more than 4 MiB. */
#define CMA_SIZE	(4 * MIB + PAGE)
#define SLOT		2048

static const struct full {
	const char *name;
	struct faults_op op;
	unsigned long piece;	/* bytes */
	unsigned int least, most;
	int error;		/* of the operation, when it is full */
	unsigned int spare;	/* pieces that are free for the operation, and not enough */
} kinds[] = {
	{ "static_pages", { "static-pool", FAULTS_ALLOC, 0, PAGE }, PAGE, 512, 512, -ENOMEM, 0 },
	{ "static_buffers", { "static-pool", FAULTS_ALLOC, 0, OP_SIZE }, OP_SIZE,
	  32, 32, -ENOMEM, 0 },
	{ "static_large", { "static-pool", FAULTS_ALLOC, 0, MIB }, MIB, 2, 2, -ENOMEM, 0 },
	{ "dynamic_pages", { "dynamic-pool", FAULTS_ALLOC, 0, PAGE }, PAGE, 512, 512, -ENOMEM, 0 },
	{ "dynamic_large", { "dynamic-pool", FAULTS_ALLOC, 0, MIB }, MIB, 2, 2, -ENOMEM, 0 },
	{ "onchip_pages", { "onchip-pool", FAULTS_ALLOC, 0, PAGE }, PAGE, 256, 256, -ENOMEM, 0 },
	{ "cma", { "plain", FAULTS_ALLOC, 0, CMA_SIZE }, CMA_SIZE, 2, 3, -ENOMEM, 0 },
	/* Smaller pieces then come from elsewhere. */
	{ "cma_small", { "plain", FAULTS_ALLOC, 0, OP_SIZE }, CMA_SIZE, 2, 3, 0, 0 },
	/* 4 MiB have 2048 slots, of which few are in use. */
	{ "bounce", { "plain", FAULTS_MAP, FAULTS_BOUNCE, SLOT }, SLOT,
	  2000, 2048, -EIO, 0 },
	{ "bounce_pages", { "plain", FAULTS_MAP, FAULTS_BOUNCE, PAGE }, PAGE,
	  1000, 1024, -EIO, 0 },
	{ "bounce_sg", { "plain", FAULTS_SG, FAULTS_BOUNCE, SLOT }, SLOT,
	  2000, 2048, -EIO, 0 },
	/* Two of four entries are mapped, and then unmapped. */
	{ "bounce_half", { "plain", FAULTS_SG, FAULTS_BOUNCE, SLOT }, SLOT,
	  2000, 2048, -EIO, 2 },
};

static unsigned int fill(struct check *c, const struct full *k)
{
	struct faults_fill f = { .size = k->piece, .spare = k->spare };
	struct state before = state_of(c->fd), after;
	char why[WHY] = "";

	file_call(c->fd, FAULTS_IOC_FILL, &f, "FAULTS_IOC_FILL");
	after = state_of(c->fd);
	if (!state_same(&before, &after, why))
		fail("%s", why);
	if (check_run(c, why) || *why)
		fail("the operation fails afterwards: %s", why);
	if (f.wrong)
		fail("the check in line %u of the module fails with %u pieces", f.wrong, f.count);
	if (f.ret != k->error)
		fail("error %d when %u pieces are there, wanted %d", f.ret, f.count, k->error);
	return f.count;
}

/* It holds as much again after all is freed, and the operation works. */
static void full_twice(const void *arg)
{
	const struct full *k = arg;
	struct check c = { .fd = check_open(&k->op) };
	unsigned int first = fill(&c, k), second = fill(&c, k);

	if (first != second || first < k->least || first > k->most)
		fail("%u pieces, and then %u; wanted %u to %u", first, second, k->least,
		     k->most);
	ksft_print_msg("%u pieces of %lu bytes\n", first, k->piece);
	fflush(stdout);
}

void full_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(kinds); i++)
		test_add("full", kinds[i].name, full_twice, &kinds[i]);
}
