// SPDX-License-Identifier: GPL-2.0
/*
 * The tables: every kind of buffer that dma_alloc_attrs() returns to a device
 * behind Xen's swiotlb, and every kind of memory that is mapped for one.
 */
#include <errno.h>
#include <string.h>

#include "bench.h"
#include "cells.h"
#include "memory.h"
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
#ifdef __arm__	/* all of CMA is highmem there, and a page may be from it */
#define CMA_CPU	REMAP
#define PAGE_FROM	ATOMIC
#else
#define CMA_CPU	LINEAR
#define PAGE_FROM	PAGES
#endif

static const struct kind kinds[] = {
	{ "page", "plain", 0, NC, PAGE, REMAP, PAGE_FROM },
	{ "cma", "plain", 0, NC, SIZE, REMAP, CMA },
	{ "write_combine", "plain", WC, NC, SIZE, REMAP, CMA },
	{ "atomic_pool", "plain", XDT_ATOMIC, NC, SIZE, REMAP, ATOMIC },
	{ "no_mapping_page", "plain", NO_MAP, NC, PAGE, COOKIE, PAGES },
	{ "no_mapping", "plain", NO_MAP, NC, SIZE, COOKIE, CMA },
	{ "no_mapping_wc", "plain", NO_MAP | WC, NC, SIZE, COOKIE, CMA },
	{ "linear_map", "coherent", 0, WB, SIZE, CMA_CPU, CMA },
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
	{ "narrow",	  false, false },
	{ "onchip-pool",  false, true },
	{ "mmio-offset",  false, false },
};

static const struct flush flushes[] = {
	{ "ram", "coherent", 0, 0 },
	{ "static_pool", "static-pool", 0, -EPERM },
	{ "dynamic_pool", "dynamic-pool", 0, 0 },
	{ "onchip_pool", "onchip-pool", 0, -EPERM },
	{ "uart", NULL, UART_PHYS, -EINVAL },
	{ "xen", NULL, 0, -EPERM },
	{ "nothing", NULL, 1ull << 35, -EINVAL },
};

static const struct row rows[] = {
	{ "ram", "plain", RAM, BY_CPU, 0 },
	{ "ram_with_pool", "static-pool", RAM, BY_CPU, 0 },
	{ "ram_coherent", "coherent", RAM, COHERENT, 0 },
	{ "ram_offset", "offset", RAM, BY_CPU, 0 },
	{ "ram_above_mask", "narrow", RAM, BOUNCED, 0 },
	{ "own_static", "static-pool", STATIC, OWN, -EPERM },
	{ "own_dynamic", "dynamic-pool", DYNAMIC, OWN, 0 },
	{ "others_static", "plain", STATIC, BY_XEN, -EPERM },
	{ "others_static_with_pool", "dynamic-pool", STATIC, BY_XEN, -EPERM },
	{ "others_dynamic", "plain", DYNAMIC, BY_XEN, 0 },
	{ "others_dynamic_with_pool", "static-pool", DYNAMIC, BY_XEN, 0 },
	{ "pool_above_mask", "narrow", STATIC, REFUSED, 0 },
	{ "hole", "plain", HOLE, BY_XEN, -EPERM },
	{ "hole_with_pool", "static-pool", HOLE, BY_XEN, -EPERM },
#ifndef __arm__	/* which has no ZONE_DEVICE */
	{ "device_pages", "plain", DEVICE_PAGES, BY_XEN, -EINVAL },
#endif
	{ "mmio", "plain", REGISTERS, MMIO, 0 },
	{ "mmio_with_pool", "static-pool", REGISTERS, MMIO, 0 },
	{ "mmio_offset", "mmio-offset", REGISTERS, MMIO, 0 },
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

static const struct test detectors[] = {
	{ "fires", detector_fires },
	{ "is_silent", detector_is_silent },
	{ "sees_each_page", detector_sees_each_page },
	{ "counts_hypercalls", detector_counts_hypercalls },
};

static const struct misuse misuses[] = {
	{ "released_static", misuse_released, "static-pool", STATIC },
	{ "released_dynamic", misuse_released, "dynamic-pool", DYNAMIC },
#ifndef __arm__	/* see dom0/dom0.dts */
	{ "pool_outside_of_memory", misuse_pool_outside_of_memory, "outside", OUTSIDE },
#endif
};

static const struct test wide[] = {
	{ "flush", special_wide_flush },
#ifdef __arm__	/* where the kernel asks the same of all memory, stock and patched */
	{ "sync", special_wide_sync },
#endif
};

/* For improvements of the part "next", and an attribute that older kernels lack. */
static const struct test special[] = {
	{ "require_coherent", special_require_coherent },
	{ "zero_length", special_zero_length },
	{ "alloc_pages", special_alloc_pages },
	{ "foreign_pages", special_foreign_pages },
	{ "from_device", special_from_device },
#ifndef __arm__	/* there, a stock kernel asks Xen, as the hole has no struct pages */
	{ "hotplugged_memory", special_hotplugged_memory },
#endif
	{ "refusal_of_xen", said_refusal_of_xen },
};

/* Run alone: a kernel without the series dies. */
static const struct test deadly[] = {
	{ "zero_length_bounced", special_zero_length_bounced },
};

static const char * const no_pools[] = { "empty", "dynamic-empty", "in-use" };

static const struct test last[] = {
	{ "no_bounce", said_no_bounce },
};

int main(int argc, char **argv)
{
	bool watched = kernel_info().watches_cookies;
	unsigned int i, j, cells = 0, cookies = 0;

	if (argc > 1 && !strcmp(argv[1], "bench"))
		return bench();
	if (argc > 1 && !strcmp(argv[1], "deadly")) {
		plan(COUNT(deadly));
		for (i = 0; i < COUNT(deadly); i++)
			run("deadly", deadly[i].name, deadly[i].fn, NULL);
		return finish();
	}

	cells_init();
	for (i = 0; i < COUNT(rows); i++)
		for (j = 0; j < CHECKS; j++)
			cells += row_has(&rows[i], j);
	for (i = 0; i < COUNT(kinds); i++)
		cookies += watched && kinds[i].cpu_kind == COOKIE;
	plan(COUNT(devices) + COUNT(controls) + COUNT(detectors) + COUNT(flushes) +
	     COUNT(kinds) * COUNT(tests) + cookies + cells + COUNT(misuses) + COUNT(no_pools) +
	     COUNT(wide) + (mainline_kernel() ? COUNT(special) : 0) + COUNT(last) + 2);
	for (i = 0; i < COUNT(devices); i++)
		run("env", devices[i].label, env_device, &devices[i]);
	for (i = 0; i < COUNT(controls); i++)
		run("control", controls[i].name, controls[i].fn,
		    controls[i].kind);
	for (i = 0; i < COUNT(detectors); i++)
		run("detector", detectors[i].name, detectors[i].fn, NULL);
	run("xen", "maintains_each_page", xen_maintains_each_page, NULL);
	for (i = 0; i < COUNT(flushes); i++)
		run("flush", flushes[i].name, flush_answer, &flushes[i]);
	for (i = 0; i < COUNT(kinds); i++)
		if (watched && kinds[i].cpu_kind == COOKIE)
			run(kinds[i].name, "cookie_is_left_alone",
			    cookie_is_left_alone, &kinds[i]);
	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(tests); j++)
			run(kinds[i].name, tests[j].name, tests[j].fn,
			    &kinds[i]);
	for (i = 0; i < COUNT(rows); i++)
		for (j = 0; j < CHECKS; j++)
			if (row_has(&rows[i], j))
				run(rows[i].name, check_names[j], cells_check,
				    &(struct row_check){ &rows[i], j });
	for (i = 0; i < COUNT(misuses); i++)
		run("misuse", misuses[i].name, misuses[i].fn, &misuses[i]);
	for (i = 0; i < COUNT(no_pools); i++)
		run("no_pool", no_pools[i], no_pool, no_pools[i]);
	for (i = 0; i < COUNT(wide); i++)
		run("wide", wide[i].name, wide[i].fn, NULL);
	for (i = 0; mainline_kernel() && i < COUNT(special); i++)
		run("special", special[i].name, special[i].fn, NULL);
	for (i = 0; i < COUNT(last); i++)
		run("said", last[i].name, last[i].fn, NULL);
	run("detector", "elsewhere", detector_elsewhere, NULL);
	return finish();
}
