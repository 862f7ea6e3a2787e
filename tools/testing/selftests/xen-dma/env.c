// SPDX-License-Identifier: GPL-2.0
/* What the other tests assume, asserted in every run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "memory.h"
#include "runner.h"
#include "tests.h"

static const char expected_ops[] = "xen_swiotlb_dma_ops";

void env_device(const void *arg)
{
	const struct device *d = arg;
	struct xdt_info i = info_of(d->label);

	if (!i.initial_domain)
		fail("this is no Xen initial domain");
	if (strcmp(i.ops, expected_ops))
		fail("the device's ops are %s, wanted %s", i.ops, expected_ops);
	if (i.coherent != d->coherent)
		fail("the device is%s coherent", i.coherent ? "" : " not");
	if (i.private_pool != d->private_pool)
		fail("the device has %s pool", i.private_pool ? "a" : "no");
	if (i.page_size != PAGE)
		fail("pages of %u bytes, wanted %lu", i.page_size, PAGE);
}

/* Where the kernel has put its CMA area, from its log: [base, base + size). */
static bool cma_area(unsigned long long *base, unsigned long long *size)
{
	const char *found = strstr(kernel_log(), "cma: Reserved ");

	if (!found || sscanf(found, "cma: Reserved %llu MiB at %llx", size, base) != 2)
		return false;
	*size <<= 20;
	return true;
}

/* The buffer is of the kind that the table says, or the other tests mislead. */
void origin(const void *arg)
{
	const struct kind *k = arg;
	struct buffer b = buffer_get(k);
	unsigned long long base, size;
	bool from_pool = k->from == POOL, from_cma = k->from == CMA, in_cma;

	if (b.a.cpu_kind != k->cpu_kind)
		fail("CPU address 0x%llx is of kind %u, wanted %u",
		     b.a.cpu_addr, b.a.cpu_kind, k->cpu_kind);
	if (b.a.in_pool != from_pool)
		fail("the buffer is%s in the device's pool", b.a.in_pool ? "" : " not");
	if (!cma_area(&base, &size))
		fail("the kernel log names no CMA area");
	if (k->from == ATOMIC)	/* its pool may lie in CMA or not */
		return;
	in_cma = b.a.phys >= base && b.a.phys < base + size;
	if (in_cma != from_cma)
		fail("phys 0x%llx is%s in CMA at 0x%llx", b.a.phys,
		     in_cma ? "" : " not", base);
}
