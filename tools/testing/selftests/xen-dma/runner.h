/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One process per test and KTAP on standard output: a test that is killed, or
 * that hangs, is a failed test with the reason, and the next one still runs.
 */
#ifndef XEN_DMA_RUNNER_H
#define XEN_DMA_RUNNER_H

#include <stdnoreturn.h>

/* Seconds after which a single test counts as hung. */
#define TEST_TIMEOUT	240

/* Ends the test as failed; the text says what was found and what wanted. */
noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Ends the test as skipped; the text says why. */
noreturn void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the plan. Call once, before the first test. */
void plan(unsigned int tests);

/* Runs @fn(@arg) in a process of its own and prints its result line. */
void run(const char *name, const char *sub, void (*fn)(const void *),
	 const void *arg);

/* Hits of the fault detector between the tests, and what the first was. */
unsigned int stray_hits(void);
const char *first_stray(void);

/*
 * Prints the line that says that no test is missing.
 * Returns: the exit status, 0 if nothing failed.
 */
int finish(void);

#endif /* XEN_DMA_RUNNER_H */
