// SPDX-License-Identifier: GPL-2.0
/* Drivers of the kernel in a dom0, used as programs use them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../buffer.h"
#include "../memory.h"
#include "../outcome.h"
#include "backend.h"
#include "benchmark.h"
#include "disk.h"
#include "display.h"
#include "guest.h"
#include "many.h"
#include "rate.h"
#include "remote.h"
#include "runner.h"

/* Check that there is a fault detector: it finds the faults of a stock kernel. */
static void env_detector(const void *arg)
{
	struct xdt_seen seen;

	if (!seen_take(&seen))
		fail("there is no fault detector");
}

#ifdef __arm__		/* the board has one display, and no other device */
int main(void)
{
	test_add("env", "detector", env_detector, NULL);
	display_add();
	return tests_run();
}
#else
static const struct {
	const char *label, *name;
	void (*fn)(const void *arg);
} remotes[] = {
	{ .label = "static", .name = "echo", .fn = remote_echo },
	{ .label = "static", .name = "dies", .fn = remote_dies },
	{ .label = "dynamic", .name = "echo", .fn = remote_echo },
	{ .label = "dynamic", .name = "dies", .fn = remote_dies },
	{ .label = "shifted", .name = "echo", .fn = remote_echo },
	{ .label = "shifted", .name = "address", .fn = remote_address },
};

static void remotes_add(void)
{
	unsigned int i;
	char group[32];

	for (i = 0; i < COUNT(remotes); i++) {
		snprintf(group, sizeof(group), "remote_%s", remotes[i].label);
		test_add(group, remotes[i].name, remotes[i].fn, remotes[i].label);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "disk"))
		return disk_main();
	if (argc > 1 && !strcmp(argv[1], "rate")) {
		rate_add();
		return tests_run();
	}
	if (argc > 1 && !strcmp(argv[1], "many")) {
		test_add("env", "detector", env_detector, NULL);
		many_add();
		return tests_run();
	}
	if (in_domain() || getenv("XEN_DMA_MACHINE")) {	/* no remote processors */
		test_add("env", "detector", env_detector, NULL);
		display_add();
		prime_add();
		return tests_run();
	}
	remote_settle();
	test_add("env", "detector", env_detector, NULL);
	test_add("env", "remotes", remote_is_there, NULL);
	if (getenv("XEN_DMA_GUEST")) {
		guest_add();
		backend_add();
		test_add("dma_map_benchmark", "plain", map_benchmark, "plain");
		test_add("dma_map_benchmark", "coherent", map_benchmark, "coherent");
	} else {
		display_add();
		prime_add();
		remotes_add();
	}
	test_add("detector", "elsewhere", remote_elsewhere, NULL);
	return tests_run();
}
#endif
