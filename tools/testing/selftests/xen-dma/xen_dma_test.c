// SPDX-License-Identifier: GPL-2.0
/*
 * User mappings and scatterlists of DMA buffers, for every kind of buffer that
 * dma_alloc_attrs() returns to a device behind Xen's swiotlb: the tables.
 */
#include <errno.h>

#include "runner.h"
#include "tests.h"

#define NC	MEMATTR_NORMAL_NC
#define WB	MEMATTR_NORMAL_WB
#define SIZE	(8 * PAGE - 100)	/* a last page in part */
#define NO_MAP	XDT_NO_KERNEL_MAPPING
#define WC	XDT_WRITE_COMBINE
#define COOKIE	XDT_CPU_COOKIE
#define LINEAR	XDT_CPU_LINEAR
#define REMAP	XDT_CPU_REMAPPED

static const struct kind kinds[] = {
	{ "page", "plain", 0, NC, PAGE, REMAP, PAGES },
	{ "cma", "plain", 0, NC, SIZE, REMAP, CMA },
	{ "write_combine", "plain", WC, NC, SIZE, REMAP, CMA },
	{ "atomic_pool", "plain", XDT_ATOMIC, NC, SIZE, REMAP, ATOMIC },
	{ "no_mapping_page", "plain", NO_MAP, NC, PAGE, COOKIE, PAGES },
	{ "no_mapping", "plain", NO_MAP, NC, SIZE, COOKIE, CMA },
	{ "no_mapping_wc", "plain", NO_MAP | WC, NC, SIZE, COOKIE, CMA },
	{ "linear_map", "coherent", 0, WB, SIZE, LINEAR, CMA },
	{ "no_mapping_coherent", "coherent", NO_MAP, WB, SIZE, COOKIE, CMA },
	{ "offset", "offset", 0, NC, SIZE, REMAP, CMA },
	{ "no_mapping_offset", "offset", NO_MAP, NC, SIZE, COOKIE, CMA },
	{ "static_pool", "static-pool", 0, NC, SIZE, REMAP, POOL },
	{ "dynamic_pool", "dynamic-pool", 0, NC, SIZE, REMAP, POOL },
	{ "onchip_pool", "onchip-pool", 0, NC, SIZE, REMAP, POOL },
};

static const struct device devices[] = {
	{ "plain",	  false, false },
	{ "coherent",	  true,	 false },
	{ "offset",	  false, false },
	{ "static-pool",  false, true },
	{ "dynamic-pool", false, true },
	{ "onchip-pool",  false, true },
};

static const struct flush flushes[] = {
	{ "ram", "coherent", 0, 0 },
	{ "static_pool", "static-pool", 0, -EPERM },
	{ "dynamic_pool", "dynamic-pool", 0, 0 },
	{ "onchip_pool", "onchip-pool", 0, -EPERM },
	{ "uart", NULL, 0x09000000, -EINVAL },
	{ "xen", NULL, 0, -EPERM },
	{ "nothing", NULL, 1ull << 35, -EINVAL },
};

static const struct test {
	const char *name;
	void (*fn)(const void *arg);
} tests[] = {
	{ "origin", origin },
	{ "mmap_pfn", mmap_pfn },
	{ "mmap_to_device", mmap_to_device },
	{ "mmap_from_device", mmap_from_device },
	{ "mmap_each_page", mmap_each_page },
	{ "mmap_bounds", mmap_bounds },
	{ "mmap_memory_type", mmap_memory_type },
	{ "mmap_unaligned", mmap_unaligned },
	{ "get_sgtable", get_sgtable },
	{ "unmapped_is_gone", unmapped_is_gone },
	{ "no_leak", no_leak },
};

static const struct {
	const char *name;
	void (*fn)(const void *arg);
	const struct kind *kind;
} controls[] = {
	{ "wrong_page", control_wrong_page, &kinds[1] },
	{ "memory_type", control_memory_type, &kinds[1] },
	{ "unaligned", control_unaligned, &kinds[1] },
	{ "leak", control_leak, &kinds[0] },
	{ "sg_leak", control_sg_leak, &kinds[0] },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	unsigned int i, j;

	plan(COUNT(devices) + COUNT(controls) + COUNT(flushes) +
	     COUNT(kinds) * COUNT(tests));
	for (i = 0; i < COUNT(devices); i++)
		run("env", devices[i].label, env_device, &devices[i]);
	for (i = 0; i < COUNT(controls); i++)
		run("control", controls[i].name, controls[i].fn,
		    controls[i].kind);
	for (i = 0; i < COUNT(flushes); i++)
		run("flush", flushes[i].name, flush_answer, &flushes[i]);
	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(tests); j++)
			run(kinds[i].name, tests[j].name, tests[j].fn,
			    &kinds[i]);
	return finish();
}
