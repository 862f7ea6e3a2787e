// SPDX-License-Identifier: GPL-2.0
/*
 * Stress the DMA mappings of dom0 and its p2m on four CPUs.  The module runs the tests
 * when it is loaded, and writes the results as KTAP to the log.
 */
#include <linux/debug_locks.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "stress.h"

#define LOCKDEP		IS_ENABLED(CONFIG_PROVE_LOCKING)

static bool invert;
module_param(invert, bool, 0);
MODULE_PARM_DESC(invert, "Take two locks in both orders: lockdep must report it");

static char *only = "";
module_param(only, charp, 0);
MODULE_PARM_DESC(only, "The name of a test; by default, all tests run");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void take(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

/* Check that lockdep still works: it stops at its first report. */
static bool __maybe_unused lockdep_is_on(void)
{
	if (invert) {
		take(&first, &second);
		take(&second, &first);
	}
	if (!debug_locks)
		note("lockdep is off, so it has reported something");
	return debug_locks;
}

static const struct {
	const char *name;
	bool (*passes)(void);
} tests[] = {
	{ "p2m.model", p2m_model },
	{ "p2m.torture", p2m_torture },
	{ "dma.stress", dma_stress },
#ifdef CONFIG_XEN_BALLOON_MEMORY_HOTPLUG
	{ "dma.balloon", dma_balloon },
#endif
	/* Lockdep and KCSAN take so much time that a throughput with them says nothing. */
#ifndef CONFIG_KCSAN
	{
		.name = LOCKDEP ? "lockdep.on" : "dma.throughput",
		.passes = LOCKDEP ? lockdep_is_on : dma_throughput,
	},
#endif
};

static int __init stress_init(void)
{
	unsigned int i, n = 0, passed = 0;
	bool passes;

	pr_info("TAP version 13\n");
	pr_info("1..%zu\n", *only ? 1 : ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (*only && strcmp(only, tests[i].name))
			continue;
		passes = tests[i].passes();
		passed += passes;
		pr_info("%sok %u %s\n", passes ? "" : "not ", ++n, tests[i].name);
	}
	pr_info("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:0 error:0\n", passed,
		n - passed);
	return n ? 0 : -EINVAL;
}
module_init(stress_init);

static void __exit stress_exit(void)
{
}
module_exit(stress_exit);

MODULE_DESCRIPTION("Stress of the DMA mappings of a Xen dom0 and of its p2m");
MODULE_LICENSE("GPL");
