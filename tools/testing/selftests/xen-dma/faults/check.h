/* SPDX-License-Identifier: GPL-2.0 */
/* Check one operation while each of its allocations, or hypercalls, fails in turn. */
#ifndef XEN_DMA_FAULTS_CHECK_H
#define XEN_DMA_FAULTS_CHECK_H

#include "inject.h"

struct check {
	int fd;			/* an open FAULTS_FILE, after FAULTS_IOC_PREPARE */
	struct inject how;
	int allowed[3];		/* errors of an operation that a fault stops */
	/*
	 * Do the operation once, and undo it.  Return 0 or an error, negative.  Write
	 * to @why, which has WHY bytes, if the result is wrong.
	 */
	int (*run)(struct check *c, char *why);
	void *arg;		/* of run() */
	unsigned int now;	/* the request that fails in this run */
	/* Results: runs with a fault, and the parts of them that failed and did not. */
	unsigned int faults, refused, survived;
};

/* Open FAULTS_FILE for an operation. */
int check_open(const struct faults_op *op);

/* Run the operation of FAULTS_IOC_PREPARE. */
int check_run(struct check *c, char *why);

/*
 * Let request 1, 2, ... fail until none does.  The operation must return a right result,
 * or an allowed error.  Then all counts are the same as before, and the operation works
 * without a fault.  Return whether that is so; else, write the reason to @why.
 */
bool check_each(struct check *c, char *why);

/*
 * Let each of these requests fail many times.  Return whether the memory is left that was
 * there; else, write to @why.
 */
bool check_drift(struct check *c, char *why);

#endif /* XEN_DMA_FAULTS_CHECK_H */
