/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of drivers, with the low-level functions of kselftest.h.  The harness does
 * not fit: the names come from tables of devices in several files, one boot runs only
 * some of the tests, and later ones rely on daemons that an earlier one has started.
 */
#ifndef XEN_DMA_CLIENTS_RUNNER_H
#define XEN_DMA_CLIENTS_RUNNER_H

/* Add a test: @fn(@arg), named "@group.@name".  Copies the names. */
void test_add(const char *group, const char *name, void (*fn)(const void *),
	      const void *arg);

/*
 * Print the plan, and run all tests in the order in which they were added.  Each
 * has a process of its own, so one that is killed or hangs is a failed test.  It
 * fails as well if the fault detector has seen something.
 * Return the exit status of the program.
 */
int tests_run(void);

/* Wait for the line that the rig types when it has done what the last comment asks for. */
void answered(void);

/* Hits of the fault detector between the tests, and the first of them. */
unsigned int stray_hits(void);
const char *first_stray(void);

#endif /* XEN_DMA_CLIENTS_RUNNER_H */
