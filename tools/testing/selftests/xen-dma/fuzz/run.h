/* SPDX-License-Identifier: GPL-2.0 */
/* A run: many sequences, by one worker or by several. */
#ifndef XEN_DMA_FUZZ_RUN_H
#define XEN_DMA_FUZZ_RUN_H

#include "fuzzer.h"

#define WORKERS		4	/* at most */
#define ALL		((1ull << OPS) - 1)

/* See main.c. */
extern struct args {
	uint64_t seed, seconds, sequences, calls, workers, kept, mask;
	const char *fault;
} args;

/* The results of a worker. */
extern struct run {
	struct shared shared;
	uint64_t sequences, failed;	/* failed: the seed */
	bool has_failed;
} *runs;

void in_worker(unsigned int number);

/* Print the seed, fewer operations that fail as well, and the wrong result. */
void report(void);
/* Print what is left behind, and return whether it is too much. */
bool leaks(const struct counts *a, const struct counts *b);
/* Print the totals; return whether there are enough calls, and each kind of operation. */
bool enough(bool failed);

#endif /* XEN_DMA_FUZZ_RUN_H */
