// SPDX-License-Identifier: GPL-2.0
/* Drivers of the kernel in a dom0, used as programs use them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../buffer.h"
#include "../memory.h"
#include "../runner.h"
#include "backend.h"
#include "benchmark.h"
#include "disk.h"
#include "display.h"
#include "guest.h"
#include "remote.h"

/* Without it, nothing would be noticed on a stock kernel. */
static void env_detector(const void *arg)
{
	struct xdt_seen seen;

	if (!seen_take(&seen))
		fail("there is no fault detector");
}

#ifdef __arm__		/* of all this, that board has one display */
int main(void)
{
	plan(display_count() + 1);
	run("env", "detector", env_detector, NULL);
	display_run();
	return finish();
}
#else
static const struct test {
	const char *name;
	void (*fn)(const void *arg);
} remotes[] = {
	{ "echo", remote_echo },
	{ "dies", remote_dies },
};

static const char * const labels[] = { "static", "dynamic" };

static const char * const benchmarks[] = { "plain", "coherent" };

int main(int argc, char **argv)
{
	unsigned int i, j;
	bool guest = getenv("XEN_DMA_GUEST");
	char name[32];

	if (argc > 1 && !strcmp(argv[1], "disk"))
		return disk_main();
	remote_settle();
	plan(3 + (guest ? guest_count() + backend_count() + COUNT(benchmarks) :
		  display_count() + prime_count() + COUNT(labels) * COUNT(remotes)));
	run("env", "detector", env_detector, NULL);
	run("env", "remotes", remote_is_there, NULL);
	if (guest) {
		guest_run();
		backend_run();
		for (i = 0; i < COUNT(benchmarks); i++)
			run("dma_map_benchmark", benchmarks[i], map_benchmark, benchmarks[i]);
	} else {
		display_run();
		prime_run();
		for (i = 0; i < COUNT(labels); i++) {
			snprintf(name, sizeof(name), "remote_%s", labels[i]);
			for (j = 0; j < COUNT(remotes); j++)
				run(name, remotes[j].name, remotes[j].fn, labels[i]);
		}
	}
	run("detector", "elsewhere", remote_elsewhere, NULL);
	return finish();
}
#endif
