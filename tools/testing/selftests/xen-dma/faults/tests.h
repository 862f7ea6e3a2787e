/* SPDX-License-Identifier: GPL-2.0 */
/* Tests of operations while allocations and hypercalls fail. */
#ifndef XEN_DMA_FAULTS_TESTS_H
#define XEN_DMA_FAULTS_TESTS_H

#include "check.h"

#define OP_SIZE		(16 * PAGE)	/* of a buffer, bytes */

/*
 * Run all checks of an operation.  At least @least requests must have failed, or the
 * test has failed.  Print how many have, and @what they are.
 */
void check_all(struct check *c, unsigned int least, const char *what);

/* Four grants, each mapped for the CPU and then for a device. */
extern const struct faults_op four_grants;
/* A page whose caches Xen maintains. */
extern const struct faults_op foreign_page;

void operation_add(void);	/* each allocation fails */
void mapping_add(void);		/* the same, for mappings to user space */
void gntdev_add(void);		/* the same, for grants that a process maps */
void refused_add(void);		/* each hypercall is refused */
void full_add(void);		/* pools, bounce buffers and CMA are full */
void control_add(void);		/* operations with faults, which the checks detect */
void lost_add(void);		/* kmemleak, after all others */

#endif /* XEN_DMA_FAULTS_TESTS_H */
