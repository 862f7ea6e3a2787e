/* SPDX-License-Identifier: GPL-2.0 */
/* Let the n-th allocation or hypercall of this process fail. */
#ifndef XEN_DMA_FAULTS_INJECT_H
#define XEN_DMA_FAULTS_INJECT_H

#include <stdbool.h>

#include "test_modules/faults.h"

/* The kernel's numbers of Xen's requests. */
#define GRANT_MAP	0
#define GRANT_UNMAP	1
#define GRANT_FLUSH	12

/* The requests that fail. */
struct inject {
	bool memory;		/* allocations; else, hypercalls */
	unsigned int cmd;	/* GRANT_* */
	int code;		/* the answer in place of Xen's */
};

/* Let all kinds of allocations fail, and quietly; end the test as skipped if none can. */
void inject_setup(void);

/* Let the n-th request from now on fail; @fd is an open FAULTS_FILE. */
void inject_arm(int fd, const struct inject *how, unsigned int n);

/* Let no further request fail; return whether one has failed. */
bool inject_disarm(int fd, const struct inject *how);

#endif /* XEN_DMA_FAULTS_INJECT_H */
