// SPDX-License-Identifier: GPL-2.0
/*
 * User mappings and scatterlists of DMA buffers, for every kind of buffer that
 * dma_alloc_attrs() returns to a device behind Xen's swiotlb.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "runner.h"

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

static const struct device {
	const char *label;
	bool coherent;
	bool private_pool;
} devices[] = {
	{ "plain",	  false, false },
	{ "coherent",	  true,	 false },
	{ "offset",	  false, false },
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

/* Where the kernel has put its CMA area, from its log: [base, base + size). */
static bool cma_area(unsigned long long *base, unsigned long long *size)
{
	static char log[1 << 18];
	int n = klogctl(3 /* read all */, log, sizeof(log) - 1);
	char *found;

	if (n < 0)
		fail("kernel log: %s", strerror(errno));
	log[n] = 0;
	found = strstr(log, "cma: Reserved ");
	if (!found || sscanf(found, "cma: Reserved %llu MiB at %llx", size, base) != 2)
		return false;
	*size <<= 20;
	return true;
}

/* The buffer is of the kind that the table says, or the other tests mislead. */
static void origin(const void *arg)
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

	if (translate(b.fd, map).fault)
		fail("not mapped to begin with");
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

/* Free pages, those on the lists of the CPUs included. */
static long free_pages(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY);
	long sum = 0, n;
	char line[128];
	FILE *f;

	/* What the CPUs have counted goes into the totals only now and then. */
	if (refresh < 0 || write(refresh, "1", 1) != 1)
		fail("/proc/sys/vm/stat_refresh: %s", strerror(errno));
	close(refresh);

	f = fopen("/proc/zoneinfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " nr_free_pages %ld", &n) == 1 ||
		    sscanf(line, " count: %ld", &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

#define CYCLES	256	/* of alloc, map, describe, unmap, free */
#define TABLES	128	/* scatterlists in each: 32 bytes of slab, or none */

enum leak { NOTHING, BUFFER, SGTABLE };

/* Returns: pages less than before, after CYCLES; @what is left behind. */
static long leaked(const struct kind *k, enum leak what)
{
	long before = free_pages();
	unsigned int i, j;

	for (i = 0; i < CYCLES; i++) {
		struct xdt_sgtable s = { .keep = what == SGTABLE };
		struct buffer b = buffer_get(k);
		uint8_t *map = buffer_map(&b, 0, b.pages);

		for (j = 0; j < TABLES; j++)
			ioctl(b.fd, XDT_IOC_SGTABLE, &s);
		munmap(map, b.pages * PAGE);
		if (what != BUFFER)
			buffer_put(&b);
	}
	return before - free_pages();
}

/* Half a page for each cycle: the smallest leak there can be is twice that. */
static bool leak_seen(const struct kind *k, enum leak what, long *lost)
{
	leaked(k, NOTHING);	/* what is allocated once and kept */
	*lost = leaked(k, what);
	return *lost >= CYCLES / 2;
}

static void no_leak(const void *arg)
{
	long lost;

	if (leak_seen(arg, NOTHING, &lost))
		fail("%ld pages did not come back after %d cycles", lost, CYCLES);
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
	long lost;

	if (!leak_seen(arg, BUFFER, &lost))
		fail("%d pages kept, and %ld missing", CYCLES, lost);
}

static void control_sg_leak(const void *arg)
{
	long lost;

	if (!leak_seen(arg, SGTABLE, &lost))
		fail("%d scatterlists kept, and %ld pages missing",
		     CYCLES * TABLES, lost);
}

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

	plan(COUNT(devices) + COUNT(controls) + COUNT(kinds) * COUNT(tests));
	for (i = 0; i < COUNT(devices); i++)
		run("env", devices[i].label, env_device, &devices[i]);
	for (i = 0; i < COUNT(controls); i++)
		run("control", controls[i].name, controls[i].fn,
		    controls[i].kind);
	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(tests); j++)
			run(kinds[i].name, tests[j].name, tests[j].fn,
			    &kinds[i]);
	return finish();
}
