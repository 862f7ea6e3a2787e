// SPDX-License-Identifier: GPL-2.0
/* Kinds of devices, and of memory for them, in a dom0 and without Xen. */
#include <unistd.h>

#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "tests.h"

/* Check that there is a fault detector: it finds the faults of a stock kernel. */
static void env_detector(const void *arg)
{
	struct xdt_seen seen;

	if (!seen_take(&seen))
		fail("there is no fault detector");
}

int main(void)
{
	test_add("env", "detector", env_detector, NULL);
	restricted_add();
	if (!access("/proc/device-tree/hypervisor", F_OK))
		hidden_add();
	grow_add();
	video_add();
	udma_add();
	return tests_run();
}
