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
	const char *label, *name;
	void (*fn)(const void *arg);
} remotes[] = {
	{ "static", "echo", remote_echo },
	{ "static", "dies", remote_dies },
	{ "dynamic", "echo", remote_echo },
	{ "dynamic", "dies", remote_dies },
	{ "shifted", "echo", remote_echo },
	{ "shifted", "address", remote_address },
};

static const char * const benchmarks[] = { "plain", "coherent" };

int main(int argc, char **argv)
{
	unsigned int i;
	bool guest = getenv("XEN_DMA_GUEST");
	char name[32];

	if (argc > 1 && !strcmp(argv[1], "disk"))
		return disk_main();
	remote_settle();
	plan(3 + (guest ? guest_count() + backend_count() + COUNT(benchmarks) :
		  display_count() + prime_count() + COUNT(remotes)));
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
		for (i = 0; i < COUNT(remotes); i++) {
			snprintf(name, sizeof(name), "remote_%s", remotes[i].label);
			run(name, remotes[i].name, remotes[i].fn, remotes[i].label);
		}
	}
	run("detector", "elsewhere", remote_elsewhere, NULL);
	return finish();
}
#endif
