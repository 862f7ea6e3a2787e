// SPDX-License-Identifier: GPL-2.0
/* Drivers of the kernel in a dom0, used as programs use them. */
#include <stdio.h>
#include <stdlib.h>

#include "../buffer.h"
#include "../memory.h"
#include "../runner.h"
#include "benchmark.h"
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

int main(void)
{
	unsigned int measured = getenv("XEN_DMA_BENCHMARK") ? COUNT(benchmarks) : 0;
	unsigned int i, j;
	char name[32];

	remote_settle();
	if (getenv("XEN_DMA_GUEST")) {
		plan(guest_count() + 3);
		run("env", "detector", env_detector, NULL);
		run("env", "remotes", remote_is_there, NULL);
		guest_run();
		run("detector", "elsewhere", remote_elsewhere, NULL);
		return finish();
	}
	plan(display_count() + prime_count() + COUNT(labels) * COUNT(remotes) + measured + 3);
	run("env", "detector", env_detector, NULL);
	run("env", "remotes", remote_is_there, NULL);
	display_run();
	prime_run();
	for (i = 0; i < COUNT(labels); i++) {
		snprintf(name, sizeof(name), "remote_%s", labels[i]);
		for (j = 0; j < COUNT(remotes); j++)
			run(name, remotes[j].name, remotes[j].fn, labels[i]);
	}
	for (i = 0; i < measured; i++)
		run("dma_map_benchmark", benchmarks[i], map_benchmark, benchmarks[i]);
	run("detector", "elsewhere", remote_elsewhere, NULL);
	return finish();
}
#endif
