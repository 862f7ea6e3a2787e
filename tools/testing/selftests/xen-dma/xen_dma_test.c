// SPDX-License-Identifier: GPL-2.0
/*
 * User mappings and scatterlists of DMA buffers, for every kind of buffer that
 * dma_alloc_attrs() returns to a device behind Xen's swiotlb.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "runner.h"

#define NC	MEMATTR_NORMAL_NC
#define WB	MEMATTR_NORMAL_WB
#define SIZE	(8 * PAGE - 100)	/* CMA, and a last page in part */
#define NO_MAP	XDT_NO_KERNEL_MAPPING

static const struct kind kinds[] = {
	{ "page",		 "plain",	 0,		    NC, PAGE },
	{ "cma",		 "plain",	 0,		    NC, SIZE },
	{ "write_combine",	 "plain",	 XDT_WRITE_COMBINE, NC, SIZE },
	{ "atomic_pool",	 "plain",	 XDT_ATOMIC,	    NC, SIZE },
	{ "no_mapping_page",	 "plain",	 NO_MAP,	    NC, PAGE },
	{ "no_mapping",		 "plain",	 NO_MAP,	    NC, SIZE },
	{ "no_mapping_wc",	 "plain", NO_MAP | XDT_WRITE_COMBINE, NC, SIZE },
	{ "linear_map",		 "coherent",	 0,		    WB, SIZE },
	{ "no_mapping_coherent", "coherent",	 NO_MAP,	    WB, SIZE },
	{ "static_pool",	 "static-pool",	 0,		    NC, SIZE },
	{ "dynamic_pool",	 "dynamic-pool", 0,		    NC, SIZE },
	{ "onchip_pool",	 "onchip-pool",	 0,		    NC, SIZE },
};

static const struct device {
	const char *label;
	bool coherent;
	bool private_pool;
} devices[] = {
	{ "plain",	  false, false },
	{ "coherent",	  true,	 false },
	{ "static-pool",  false, true },
	{ "dynamic-pool", false, true },
	{ "onchip-pool",  false, true },
};

static const char expected_ops[] = "xen_swiotlb_dma_ops";

static struct xdt_info info(const char *label)
{
	struct xdt_info i;

	if (ioctl(device_open(label), XDT_IOC_INFO, &i))
		fail("XDT_IOC_INFO: %s", strerror(errno));
	return i;
}

static void env_device(const void *arg)
{
	const struct device *d = arg;
	struct xdt_info i = info(d->label);

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

static void mmap_pfn(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!pages_right(&b, map, 0, b.pages, why))
		fail("%s", why);
}

static void mmap_to_device(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!device_sees(&b, map, 0, b.size, 1, why) ||
	    !device_sees(&b, map, 0, b.size, 2, why))
		fail("%s", why);
}

static void mmap_from_device(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!process_sees(&b, map, 0, b.size, 3, why) ||
	    !process_sees(&b, map, 0, b.size, 4, why))
		fail("%s", why);
}

static void mmap_each_page(const void *arg)
{
	struct buffer b = buffer_get(arg);
	char why[WHY];
	unsigned int i;

	for (i = 0; i < b.pages; i++) {
		size_t left = b.size - i * PAGE;
		size_t length = left < PAGE ? left : PAGE;
		uint8_t *map = buffer_map(&b, i, 1);

		if (!pages_right(&b, map, i, 1, why) ||
		    !device_sees(&b, map, i * PAGE, length, 5, why) ||
		    !process_sees(&b, map, i * PAGE, length, 6, why))
			fail("%s", why);
		munmap(map, PAGE);
	}
}

static void refused(int err, int want, const char *what)
{
	if (err != want)
		fail("%s: errno %d (%s), wanted %d (%s)", what, err,
		     strerror(err), want, strerror(want));
}

static void mmap_bounds(const void *arg)
{
	struct buffer b = buffer_get(arg);
	size_t all = b.pages * PAGE;

	refused(buffer_try_map(&b, 0, all), 0, "the whole buffer");
	refused(buffer_try_map(&b, 0, all + PAGE), ENXIO, "a page too much");
	refused(buffer_try_map(&b, all - PAGE, 2 * PAGE), ENXIO,
		"two pages at the last one");
	refused(buffer_try_map(&b, all, PAGE), ENXIO, "the page behind");
	refused(buffer_try_map(&b, 1ull << 50, PAGE), ENXIO, "far behind");
	refused(buffer_try_map(&b, 0, 0), EINVAL, "length 0");

	/* Where vm_pgoff plus the number of pages wraps around. */
	buffer_set_pgoff(&b, ~0ull);
	refused(buffer_try_map(&b, 0, PAGE), ENXIO, "vm_pgoff ULONG_MAX");
	refused(buffer_try_map(&b, 0, 2 * PAGE), ENXIO,
		"two pages at vm_pgoff ULONG_MAX");
	buffer_set_pgoff(&b, -(uint64_t)b.pages);
	refused(buffer_try_map(&b, 0, all), ENXIO, "a vm_pgoff of minus size");
}

static void mmap_memory_type(const void *arg)
{
	const struct kind *k = arg;
	struct buffer b = buffer_get(k);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!memattr_right(&b, map, k->memattr, why))
		fail("%s", why);
}

/* Device memory would end this with an alignment fault. */
static void touch_unaligned(uint8_t *map)
{
	volatile uint64_t *p = (volatile uint64_t *)(map + 3);
	const uint64_t want = 0x0123456789abcdefull;

	*p = want;
	if (*p != want || map[3] != (uint8_t)want)
		fail("8 bytes at offset 3 read back as 0x%llx",
		     (unsigned long long)*p);
}

static void mmap_unaligned(const void *arg)
{
	struct buffer b = buffer_get(arg);

	touch_unaligned(buffer_map(&b, 0, b.pages));
}

static void get_sgtable(const void *arg)
{
	struct buffer b = buffer_get(arg);
	struct xdt_sgtable s;
	int err = ioctl(b.fd, XDT_IOC_SGTABLE, &s) ? errno : 0;

	if (!b.a.has_page) {
		if (!err)
			fail("scatterlist at phys 0x%llx for a frame without struct page",
			     s.phys);
		refused(err, ENXIO, "a frame without struct page");
		return;
	}
	refused(err, 0, "scatterlist");
	if (s.phys != b.a.phys)
		fail("scatterlist at phys 0x%llx, DMA address at phys 0x%llx",
		     s.phys, b.a.phys);
	if (s.nents != 1 || s.length != b.pages * PAGE)
		fail("%u entries, %llu bytes; wanted 1, %lu", s.nents, s.length,
		     b.pages * PAGE);
}

static sigjmp_buf segv;

static void on_segv(int sig)
{
	siglongjmp(segv, 1);
}

static void unmapped_is_gone(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);

	munmap(map, b.pages * PAGE);
	if (!translate(b.fd, map).fault)
		fail("still translated after munmap");
	buffer_put(&b);

	signal(SIGSEGV, on_segv);
	if (!sigsetjmp(segv, 1)) {
		*(volatile uint8_t *)map;
		fail("still readable after munmap and free");
	}
}

static long free_pages(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	long kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib / 4;
}

#define CYCLE_PAGES	2048	/* that go through a leak check */

/* Returns: pages less than before, after CYCLE_PAGES were mapped and freed. */
static long leaked(const struct kind *k, bool forget)
{
	unsigned int pages = (k->size + PAGE - 1) / PAGE, i;
	long before = free_pages();

	for (i = 0; i < CYCLE_PAGES / pages; i++) {
		struct buffer b = buffer_get(k);
		uint8_t *map = buffer_map(&b, 0, b.pages);
		struct xdt_sgtable s;

		ioctl(b.fd, XDT_IOC_SGTABLE, &s);
		munmap(map, b.pages * PAGE);
		if (!forget)
			buffer_put(&b);
	}
	return before - free_pages();
}

static void no_leak(const void *arg)
{
	long lost = leaked(arg, false);

	/* The free lists of the CPUs hold some hundred pages. */
	if (lost > CYCLE_PAGES / 2)
		fail("%ld of %d pages did not come back", lost, CYCLE_PAGES);
}

/* The controls: each check must see what it is there to see. */

static void control_wrong_page(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map;
	char why[WHY];

	buffer_mmap_how(&b, XDT_MMAP_NEXT_PAGE);
	map = buffer_map(&b, 0, 2);
	if (pages_right(&b, map, 0, 2, why))
		fail("the page after the right one counts as right");
	if (device_sees(&b, map, 0, PAGE, 7, why) ||
	    process_sees(&b, map, 0, PAGE, 8, why))
		fail("the content of another page counts as the same");
}

static void control_memory_type(const void *arg)
{
	const struct kind *k = arg;
	struct buffer b = buffer_get(k);
	char why[WHY];

	buffer_mmap_how(&b, XDT_MMAP_DEVICE_TYPE);
	if (memattr_right(&b, buffer_map(&b, 0, b.pages), k->memattr, why))
		fail("device memory counts as Normal non-cacheable");
}

static sigjmp_buf bus;

static void on_bus(int sig)
{
	siglongjmp(bus, 1);
}

static void control_unaligned(const void *arg)
{
	struct buffer b = buffer_get(arg);

	buffer_mmap_how(&b, XDT_MMAP_DEVICE_TYPE);
	signal(SIGBUS, on_bus);
	if (!sigsetjmp(bus, 1)) {
		touch_unaligned(buffer_map(&b, 0, b.pages));
		skip("no alignment check on device memory here (QEMU before 9.0?)");
	}
}

static void control_leak(const void *arg)
{
	if (leaked(arg, true) <= CYCLE_PAGES / 2)
		fail("%d pages kept, and none missing", CYCLE_PAGES);
}

static const struct test {
	const char *name;
	void (*fn)(const void *arg);
} tests[] = {
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
	struct kind kind;
} controls[] = {
	{ "wrong_page", control_wrong_page, { "", "plain", 0, NC, SIZE } },
	{ "memory_type", control_memory_type, { "", "plain", 0, NC, SIZE } },
	{ "unaligned", control_unaligned, { "", "plain", 0, NC, SIZE } },
	{ "leak", control_leak, { "", "plain", 0, NC, 64 * PAGE } },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	unsigned int i, j;

	plan(COUNT(devices) + COUNT(controls) + COUNT(kinds) * COUNT(tests));
	for (i = 0; i < COUNT(devices); i++)
		run("env", devices[i].label, env_device, &devices[i]);
	for (i = 0; i < COUNT(controls); i++)
		run("control", controls[i].name, controls[i].fn,
		    &controls[i].kind);
	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(tests); j++)
			run(kinds[i].name, tests[j].name, tests[j].fn,
			    &kinds[i]);
	return finish();
}
