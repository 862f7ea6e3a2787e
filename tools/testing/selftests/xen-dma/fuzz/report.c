// SPDX-License-Identifier: GPL-2.0
/* Report a run: the first failure, things left behind, and the totals. */
#include <stdio.h>

#include "run.h"

static void print_ops(uint64_t mask)
{
	char text[4 * OPS + 8] = "";
	unsigned int i, n = 0;

	for (i = 0; i < OPS; i++)
		if (mask >> i & 1 && mask != ALL)
			n += snprintf(text + n, sizeof(text) - n, "%s%u", n ? "," : " ONLY=", i);
	ksft_print_msg("replay: SEED=%llu%s\n", (unsigned long long)runs[worker].failed,
		       text);
}

void report(void)
{
	unsigned int tries = 0, i;
	uint64_t mask = args.mask;
	char why[REASON];

	for (i = 0; i < WORKERS && !runs[i].has_failed; i++)
		;
	snprintf(why, sizeof(why), "%s", runs[i].shared.why);
	in_worker(i);
	ksft_print_msg("sequence %llu failed, seed %llu, at operation %d\n",
		       (unsigned long long)runs[i].sequences,
		       (unsigned long long)runs[i].failed, shared->at);
	/* A race need not happen again. */
	if (!race) {
		mask = shrink(runs[i].failed, mask, &tries);
		ksft_print_msg("%u operations are left of %u, after %u runs\n",
			       __builtin_popcountll(mask), __builtin_popcountll(args.mask),
			       tries);
		verbose = true;
		if (run_sequence(runs[i].failed, mask))
			ksft_print_msg("it does not fail again\n");
		else
			snprintf(why, sizeof(why), "%s", shared->why);
		verbose = false;
	}
	print_ops(mask);
	ksft_print_msg("%s\n", why);
}

bool leaks(const struct counts *a, const struct counts *b)
{
	ksft_print_msg("left behind: %ld pages, %ld pages of pools, %ld bounce slots\n",
		       a->pages - b->pages, a->pools - b->pools, b->slots - a->slots);
	ksft_print_msg("left behind: %ld dma-bufs, %u objects, %u streams\n",
		       b->buffers - a->buffers, b->own.objects, b->own.streams);
	return a->pages - b->pages > (long)args.kept || a->pools != b->pools ||
	       a->slots != b->slots || a->buffers != b->buffers ||
	       b->own.objects || b->own.buffers || b->own.streams;
}

bool enough(bool failed)
{
	uint64_t calls = 0, lookups = 0, sequences = 0, done;
	unsigned int i, j, never = 0;
	char text[768] = "";
	size_t n = 0;

	for (i = 0; i < OP_KINDS; i++) {
		for (done = j = 0; j < WORKERS; j++)
			done += runs[j].shared.done[i];
		n += snprintf(text + n, sizeof(text) - n, " %s %llu", op_name(i),
			      (unsigned long long)done);
		never += !done && !(race && !op_in_race(i));
	}
	for (j = 0; j < WORKERS; j++) {
		calls += runs[j].shared.calls;
		lookups += runs[j].shared.lookups;
		sequences += runs[j].sequences;
	}
	ksft_print_msg("operations:%s\n", text);
	if (kcov_places() >= 0)
		ksft_print_msg("%ld places of the kernel were reached\n", kcov_places());
	ksft_print_msg("%llu calls in %llu sequences, %llu requests of the p2m, seed %llu\n",
		       (unsigned long long)calls, (unsigned long long)sequences,
		       (unsigned long long)lookups, (unsigned long long)args.seed);
	return failed || args.sequences != UINT64_MAX || args.mask != ALL ||
	       (calls >= args.calls && calls && !never);
}
