// SPDX-License-Identifier: GPL-2.0
/*
 * DMA buffers and mappings of devices behind Xen's swiotlb, in a dom0 on ARM.
 *
 * A test is one TEST_F().  A kind of buffer is one variant of "buffer".  A kind of
 * memory that is mapped for a device is one variant of the fixture with its checks.
 * Each fixture asks the fault detector, see watch.h.  main() leaves out tests that
 * do not apply to the kernel.
 */
#include <endian.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"

#include "bench.h"
#include "leak.h"
#include "outcome.h"
#include "scenario.h"
#include "watch.h"

/* Seconds: a test takes minutes on a busy, emulated 32-bit machine. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	480

#define BUFFER_SIZE	(8 * PAGE - 100)	/* the last page is used in part */

/* 32-bit ARM has all of CMA in highmem, and may take a page from its pool. */
#ifdef __arm__
#define CMA_ADDRESS	XDT_CPU_REMAPPED
#define PAGE_SOURCE	SOURCE_ATOMIC_POOL
#else
#define CMA_ADDRESS	XDT_CPU_LINEAR
#define PAGE_SOURCE	SOURCE_PAGES
#endif

static const struct buffer_kind one_page = {
	.device = "plain",
	.memattr = MEMATTR_NORMAL_NC,
	.size = PAGE,
	.cpu_kind = XDT_CPU_REMAPPED,
	.source = PAGE_SOURCE,
};

static const struct buffer_kind from_cma = {
	.device = "plain",
	.memattr = MEMATTR_NORMAL_NC,
	.size = BUFFER_SIZE,
	.cpu_kind = XDT_CPU_REMAPPED,
	.source = SOURCE_CMA,
};

/* Write to an unaligned address: in device memory, that is an alignment fault. */
static void touch_unaligned(uint8_t *map)
{
	volatile uint64_t *p = (volatile uint64_t *)(map + 3);
	const uint64_t want = 0x0123456789abcdefull;

	*p = want;
	if (*p != want || map[3] != (uint8_t)want)
		fail("8 bytes at offset 3 read back as 0x%llx",
		     (unsigned long long)*p);
}

/* Do @p, and return the detector's hits and counts. */
static struct xdt_seen provoke(struct xdt_provoke p)
{
	struct xdt_seen seen;

	if (!seen_take(&seen) || ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p) ||
	    !seen_take(&seen))
		fail("no detector: %s", strerror(errno));
	return seen;
}

/* Map, sync and unmap for a device, as @c says; fill in the results. */
static void map_case(const char *device, struct xdt_case *c)
{
	if (ioctl(device_open(device), XDT_IOC_CASE, c))
		fail("XDT_IOC_CASE: %s", strerror(errno));
}

static void no_hits(const struct xdt_case *c)
{
	unsigned int i;

	if (c->stray)
		fail("%u hits of the detector before", c->stray);
	for (i = 0; i < XDT_STEPS; i++)
		if (c->seen[i].hits)
			fail("%s", c->seen[i].first);
}

static unsigned int times_logged(const char *text)
{
	const char *at = kernel_log();
	unsigned int times = 0;

	while ((at = strstr(at, text)) != NULL) {
		times++;
		at++;
	}
	return times;
}

/* The test devices: the other tests rely on these properties. */
FIXTURE(device) {
};

FIXTURE_VARIANT(device) {
	const char *label;
	bool coherent;
	bool private_pool;
};

FIXTURE_VARIANT_ADD(device, plain) { .label = "plain" };
FIXTURE_VARIANT_ADD(device, coherent) { .label = "coherent", .coherent = true };
FIXTURE_VARIANT_ADD(device, offset) { .label = "offset" };
FIXTURE_VARIANT_ADD(device, static_pool) { .label = "static-pool", .private_pool = true };
FIXTURE_VARIANT_ADD(device, dynamic_pool) { .label = "dynamic-pool", .private_pool = true };
FIXTURE_VARIANT_ADD(device, narrow) { .label = "narrow" };
FIXTURE_VARIANT_ADD(device, onchip_pool) { .label = "onchip-pool", .private_pool = true };
FIXTURE_VARIANT_ADD(device, mmio_offset) { .label = "mmio-offset" };

FIXTURE_SETUP(device)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(device)
{
	watch_end();
}

TEST_F(device, properties)
{
	static const char ops[] = "xen_swiotlb_dma_ops";
	struct xdt_info i = info_of(variant->label);

	if (i.initial_domain == in_domain())
		fail("this is %sXen's initial domain", i.initial_domain ? "" : "not ");
	if (strcmp(i.ops, ops))
		fail("the device's ops are %s, wanted %s", i.ops, ops);
	if (i.coherent != variant->coherent)
		fail("the device is%s coherent", i.coherent ? "" : " not");
	if (i.private_pool != variant->private_pool)
		fail("the device has %s pool", i.private_pool ? "a" : "no");
	if (i.page_size != PAGE)
		fail("pages of %u bytes, wanted %lu", i.page_size, PAGE);
}

/* Each check must detect the fault that it is made for. */
FIXTURE(control) {
};

FIXTURE_SETUP(control)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(control)
{
	watch_end();
}

TEST_F(control, wrong_page)
{
	struct buffer b = buffer_get(&from_cma);
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

TEST_F(control, memory_type)
{
	struct buffer b = buffer_get(&from_cma);
	char why[WHY];

	buffer_mmap_how(&b, XDT_MMAP_DEVICE_TYPE);
	if (memattr_right(&b, buffer_map(&b, 0, b.pages), from_cma.memattr, why))
		fail("device memory counts as Normal non-cacheable");
}

static sigjmp_buf after_signal;

static void jump_after_signal(int sig)
{
	siglongjmp(after_signal, sig);
}

TEST_F(control, unaligned)
{
	struct buffer b = buffer_get(&from_cma);

	buffer_mmap_how(&b, XDT_MMAP_DEVICE_TYPE);
	signal(SIGBUS, jump_after_signal);
	if (sigsetjmp(after_signal, 1))
		return;
	touch_unaligned(buffer_map(&b, 0, b.pages));
	SKIP(return, "this machine does not check alignment on device memory");
}

TEST_F(control, leak)
{
	long lost;

	if (!leak_seen(&one_page, LEAK_BUFFER, &lost))
		fail("%d pages kept, and %ld missing", LEAK_CYCLES, lost);
}

TEST_F(control, sg_leak)
{
	long lost;

	if (!leak_seen(&one_page, LEAK_SGTABLE, &lost))
		fail("%d scatterlists kept, and %ld pages missing",
		     LEAK_CYCLES * LEAK_TABLES, lost);
}

/* The fault detector sees faults and hypercalls, and nothing else. */
FIXTURE(detector) {
};

FIXTURE_SETUP(detector)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(detector)
{
	watch_end();
}

static struct xdt_seen synced(uint64_t phys, uint64_t size, bool for_cpu)
{
	return provoke((struct xdt_provoke) {
		.phys = phys, .size = size, .for_cpu = for_cpu,
	});
}

static void check_seen(struct xdt_seen seen, unsigned int hits, unsigned int pages)
{
	if (seen.syncs != 1 || seen.hits != hits || seen.pages != pages)
		fail("%u calls, %u hits, %u pages; wanted 1, %u, %u", seen.syncs,
		     seen.hits, seen.pages, hits, pages);
}

TEST_F(detector, fires)
{
	static const char * const name[] = {
		"arch_sync_dma_for_device", "arch_sync_dma_for_cpu",
	};
	uint64_t phys = unmapped_memory();
	char size[40];
	unsigned int i;

	snprintf(size, sizeof(size), "+%lu, called by xdt_provoke", PAGE);

	for (i = 0; i < COUNT(name); i++) {
		struct xdt_seen seen = synced(phys + 100, PAGE, i);

		check_seen(seen, 1, 2);
		if (!strstr(seen.first, name[i]) ||
		    !strstr(seen.first, size))
			fail("it says: %s", seen.first);
	}
}

TEST_F(detector, is_silent)
{
	uint64_t size, phys = memory_of(MEMORY_RAM, "plain", &size);

	check_seen(synced(phys, 64, false), 0, 1);
	check_seen(synced(phys, size, false), 0, size / PAGE);
	check_seen(synced(phys, size, true), 0, size / PAGE);
	check_seen(synced(phys, 0, true), 0, 0);
}

/* Only the second page has no translation. */
TEST_F(detector, sees_each_page)
{
	check_seen(synced(BANK_END - PAGE, PAGE, false), 0, 1);
	check_seen(synced(BANK_END - PAGE, PAGE + 1, false), 1, 2);
	check_seen(synced(BANK_END - PAGE, PAGE + 1, true), 1, 2);
}

TEST_F(detector, counts_hypercalls)
{
	struct xdt_flush f = { .phys = unmapped_memory(), .op = XDT_FLUSH_CLEAN };
	struct xdt_seen seen;
	int fd = device_open("plain"), i;

	seen_take(&seen);
	for (i = 0; i < 3; i++)
		if (ioctl(fd, XDT_IOC_FLUSH, &f))
			fail("XDT_IOC_FLUSH: %s", strerror(errno));
	seen_take(&seen);
	if (seen.flushes != 3 || seen.refused != 3 || seen.code != -EPERM || seen.missed)
		fail("%u hypercalls, %u refused (%d), %u missed; wanted 3, 3 (%d), 0",
		     seen.flushes, seen.refused, seen.code, seen.missed, -EPERM);
}

/* Requests to Xen. */
FIXTURE(xen) {
};

FIXTURE_SETUP(xen)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(xen)
{
	watch_end();
}

TEST_F(xen, maintains_each_page)
{
	uint64_t size, phys = memory_of(MEMORY_RAM, "plain", &size) + 0x800;
	struct xdt_provoke p = { .phys = phys, .size = 3 * PAGE, .by_xen = 1 };
	struct xdt_seen seen = provoke(p);

	if (seen.flushes != 3 * PAGE / XEN_PAGE + 1 || seen.flushed != p.size || seen.jumps ||
	    seen.next != phys + p.size)
		fail("%u hypercalls for %llu bytes, %u jumps to 0x%llx, not %lu, %llu, 0, 0x%llx",
		     seen.flushes, seen.flushed, seen.jumps, seen.next,
		     3 * PAGE / XEN_PAGE + 1, p.size, (unsigned long long)phys + p.size);
}

/*
 * The answer of Xen to GNTTABOP_cache_flush.  If Xen refuses, asking it in place of
 * arch_sync_dma_*() avoids a fault of the kernel, but maintains no caches.
 */
FIXTURE(flush) {
};

FIXTURE_VARIANT(flush) {
	const char *device;	/* label, if the memory is a buffer of it */
	const char *machine;	/* the name for machine_address(), if there is one */
	uint64_t phys;		/* else, 0: memory of Xen itself */
	int answer;		/* expected, 0 or a negative errno */
};

FIXTURE_VARIANT_ADD(flush, ram) { .device = "coherent" };
FIXTURE_VARIANT_ADD(flush, static_pool) { .device = "static-pool", .answer = -EPERM };
FIXTURE_VARIANT_ADD(flush, dynamic_pool) { .device = "dynamic-pool" };
FIXTURE_VARIANT_ADD(flush, onchip_pool) { .device = "onchip-pool", .answer = -EPERM };
FIXTURE_VARIANT_ADD(flush, uart) { .machine = "registers", .answer = -EINVAL };
FIXTURE_VARIANT_ADD(flush, xen) { .answer = -EPERM };
FIXTURE_VARIANT_ADD(flush, nothing) { .phys = 1ull << 35, .answer = -EINVAL };

FIXTURE_SETUP(flush)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(flush)
{
	watch_end();
}

/*
 * Return the region that Xen names for grant tables.  It is Xen's own text: no
 * domain has memory there.
 */
static uint64_t xen_text(void)
{
	FILE *f = fopen("/proc/device-tree/hypervisor/reg", "r");
	uint64_t reg = 0;

	if (!f || fread(&reg, sizeof(reg), 1, f) != 1)
		fail("the device tree does not say where Xen lies");
	fclose(f);
	return be64toh(reg);
}

TEST_F(flush, answer)
{
	static const char * const name[] = { "", "clean", "invalidate", "both" };
	struct buffer_kind kind = { .device = variant->device, .size = PAGE };
	struct xdt_flush f = { .phys = variant->phys };
	int fd, wrong = 0;

	if (variant->device) {
		struct buffer b = buffer_get(&kind);

		f.phys = b.a.phys;
		fd = b.fd;
	} else {
		fd = device_open("plain");
		if (variant->machine)
			f.phys = machine_address(variant->machine);
		else if (!f.phys)
			f.phys = xen_text();
	}

	for (f.op = XDT_FLUSH_CLEAN; f.op <= 3; f.op++) {
		if (ioctl(fd, XDT_IOC_FLUSH, &f))
			fail("XDT_IOC_FLUSH: %s", strerror(errno));
		ksft_print_msg("%s 0x%llx: %d\n", name[f.op], f.phys, f.ret);
		wrong += f.ret != variant->answer;
	}
	if (wrong)
		fail("%d of 3 answers are not %d", wrong, variant->answer);
}

/*
 * User mappings and scatterlists of each kind of buffer.  A kind without kernel
 * mapping has a cookie in place of a CPU address.
 */
FIXTURE(buffer) {
};

FIXTURE_VARIANT(buffer) {
	struct buffer_kind kind;
};

FIXTURE_VARIANT_ADD(buffer, page) {
	.kind = {
		.device = "plain",
		.memattr = MEMATTR_NORMAL_NC,
		.size = PAGE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = PAGE_SOURCE,
	},
};

FIXTURE_VARIANT_ADD(buffer, cma) {
	.kind = {
		.device = "plain",
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, write_combine) {
	.kind = {
		.device = "plain",
		.flags = XDT_WRITE_COMBINE,
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, atomic_pool) {
	.kind = {
		.device = "plain",
		.flags = XDT_ATOMIC,
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_ATOMIC_POOL,
	},
};

FIXTURE_VARIANT_ADD(buffer, no_mapping_page) {
	.kind = {
		.device = "plain",
		.flags = XDT_NO_KERNEL_MAPPING,
		.memattr = MEMATTR_NORMAL_NC,
		.size = PAGE,
		.cpu_kind = XDT_CPU_COOKIE,
		.source = SOURCE_PAGES,
	},
};

FIXTURE_VARIANT_ADD(buffer, no_mapping) {
	.kind = {
		.device = "plain",
		.flags = XDT_NO_KERNEL_MAPPING,
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_COOKIE,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, no_mapping_wc) {
	.kind = {
		.device = "plain",
		.flags = XDT_NO_KERNEL_MAPPING | XDT_WRITE_COMBINE,
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_COOKIE,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, linear_map) {
	.kind = {
		.device = "coherent",
		.memattr = MEMATTR_NORMAL_WB,
		.size = BUFFER_SIZE,
		.cpu_kind = CMA_ADDRESS,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, no_mapping_coherent) {
	.kind = {
		.device = "coherent",
		.flags = XDT_NO_KERNEL_MAPPING,
		.memattr = MEMATTR_NORMAL_WB,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_COOKIE,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, offset) {
	.kind = {
		.device = "offset",
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, no_mapping_offset) {
	.kind = {
		.device = "offset",
		.flags = XDT_NO_KERNEL_MAPPING,
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_COOKIE,
		.source = SOURCE_CMA,
	},
};

FIXTURE_VARIANT_ADD(buffer, static_pool) {
	.kind = {
		.device = "static-pool",
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_OWN_POOL,
	},
};

FIXTURE_VARIANT_ADD(buffer, dynamic_pool) {
	.kind = {
		.device = "dynamic-pool",
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_OWN_POOL,
	},
};

FIXTURE_VARIANT_ADD(buffer, onchip_pool) {
	.kind = {
		.device = "onchip-pool",
		.memattr = MEMATTR_NORMAL_NC,
		.size = BUFFER_SIZE,
		.cpu_kind = XDT_CPU_REMAPPED,
		.source = SOURCE_OWN_POOL,
	},
};

FIXTURE_SETUP(buffer)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(buffer)
{
	watch_end();
}

/* Find the kernel's CMA area in its log: [base, base + size). */
static bool cma_area(unsigned long long *base, unsigned long long *size)
{
	const char *found = strstr(kernel_log(), "cma: Reserved ");

	if (!found || sscanf(found, "cma: Reserved %llu MiB at %llx", size, base) != 2)
		return false;
	*size <<= 20;
	return true;
}

/* Check the kind of the buffer: the other tests rely on it. */
TEST_F(buffer, origin)
{
	const struct buffer_kind *kind = &variant->kind;
	bool from_pool = kind->source == SOURCE_OWN_POOL;
	bool want_cma = kind->source == SOURCE_CMA, in_cma;
	struct buffer b = buffer_get(kind);
	unsigned long long base, size;

	if (b.a.cpu_kind != kind->cpu_kind)
		fail("CPU address 0x%llx is of kind %u, wanted %u",
		     b.a.cpu_addr, b.a.cpu_kind, kind->cpu_kind);
	if (b.a.in_pool != from_pool)
		fail("the buffer is%s in the device's pool", b.a.in_pool ? "" : " not");
	if (!cma_area(&base, &size))
		fail("the kernel log names no CMA area");
	if (kind->source == SOURCE_ATOMIC_POOL)	/* which may lie in CMA or not */
		return;
	in_cma = b.a.phys >= base && b.a.phys < base + size;
	if (in_cma != want_cma)
		fail("phys 0x%llx is%s in CMA at 0x%llx", b.a.phys,
		     in_cma ? "" : " not", base);
}

TEST_F(buffer, mmap_pfn)
{
	struct buffer b = buffer_get(&variant->kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!pages_right(&b, map, 0, b.pages, why))
		fail("%s", why);
}

TEST_F(buffer, mmap_to_device)
{
	struct buffer b = buffer_get(&variant->kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!device_sees(&b, map, 0, b.size, 1, why) ||
	    !device_sees(&b, map, 0, b.size, 2, why))
		fail("%s", why);
}

TEST_F(buffer, mmap_from_device)
{
	struct buffer b = buffer_get(&variant->kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!process_sees(&b, map, 0, b.size, 3, why) ||
	    !process_sees(&b, map, 0, b.size, 4, why))
		fail("%s", why);
}

TEST_F(buffer, mmap_each_page)
{
	struct buffer b = buffer_get(&variant->kind);
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

static void check_errno(int err, int want, const char *what)
{
	if (err != want)
		fail("%s: errno %d (%s), wanted %d (%s)", what, err,
		     strerror(err), want, strerror(want));
}

/* An offset far behind the buffer; a long limits the size of a file. */
#define FAR_BEHIND	(sizeof(long) == 8 ? 1ull << 50 : 1ull << 31)

TEST_F(buffer, mmap_bounds)
{
	struct buffer b = buffer_get(&variant->kind);
	size_t all = b.pages * PAGE;

	check_errno(buffer_try_map(&b, 0, all), 0, "the whole buffer");
	check_errno(buffer_try_map(&b, 0, all + PAGE), ENXIO, "a page too much");
	check_errno(buffer_try_map(&b, all - PAGE, 2 * PAGE), ENXIO,
		    "two pages at the last one");
	check_errno(buffer_try_map(&b, all, PAGE), ENXIO, "the page behind");
	check_errno(buffer_try_map(&b, FAR_BEHIND, PAGE), ENXIO, "far behind");
	check_errno(buffer_try_map(&b, 0, 0), EINVAL, "length 0");

	/* Let vm_pgoff plus the number of pages wrap around. */
	buffer_set_pgoff(&b, ~0ull);
	check_errno(buffer_try_map(&b, 0, PAGE), ENXIO, "vm_pgoff ULONG_MAX");
	check_errno(buffer_try_map(&b, 0, 2 * PAGE), ENXIO,
		    "two pages at vm_pgoff ULONG_MAX");
	buffer_set_pgoff(&b, -(uint64_t)b.pages);
	check_errno(buffer_try_map(&b, 0, all), ENXIO, "a vm_pgoff of minus size");
}

TEST_F(buffer, mmap_memory_type)
{
	struct buffer b = buffer_get(&variant->kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!memattr_right(&b, map, variant->kind.memattr, why))
		fail("%s", why);
}

TEST_F(buffer, mmap_unaligned)
{
	struct buffer b = buffer_get(&variant->kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (WRONG_PAGE_IS_VITAL && !pages_right(&b, map, 0, b.pages, why))
		fail("%s", why);
	touch_unaligned(map);
}

TEST_F(buffer, get_sgtable)
{
	struct buffer b = buffer_get(&variant->kind);
	struct xdt_sgtable s = {};

	if (ioctl(b.fd, XDT_IOC_SGTABLE, &s))
		fail("no scatterlist: %s", strerror(errno));
	if (s.phys != b.a.phys)
		fail("scatterlist at phys 0x%llx, DMA address at phys 0x%llx",
		     s.phys, b.a.phys);
	if (s.nents != 1 || s.length != b.pages * PAGE)
		fail("%u entries, %llu bytes; wanted 1, %lu", s.nents, s.length,
		     b.pages * PAGE);
}

TEST_F(buffer, unmapped_is_gone)
{
	struct buffer b = buffer_get(&variant->kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);

	if (translate(b.fd, map).fault)
		fail("not mapped to begin with");
	munmap(map, b.pages * PAGE);
	if (!translate(b.fd, map).fault)
		fail("still translated after munmap");
	buffer_put(&b);

	signal(SIGSEGV, jump_after_signal);
	if (!sigsetjmp(after_signal, 1)) {
		*(volatile uint8_t *)map;
		fail("still readable after munmap and free");
	}
}

TEST_F(buffer, no_leak)
{
	long lost;

	if (leak_seen(&variant->kind, LEAK_NOTHING, &lost))
		fail("%ld pages did not come back after %d cycles", lost, LEAK_CYCLES);
}

/* A kernel that clears a buffer at its CPU address must not do so at a cookie. */
FIXTURE(cookie) {
};

FIXTURE_VARIANT(cookie) {
	struct buffer_kind kind;
};

FIXTURE_VARIANT_ADD(cookie, page) {
	.kind = { .device = "plain", .size = PAGE },
};

FIXTURE_VARIANT_ADD(cookie, plain) {
	.kind = { .device = "plain", .size = BUFFER_SIZE },
};

FIXTURE_VARIANT_ADD(cookie, write_combine) {
	.kind = { .device = "plain", .flags = XDT_WRITE_COMBINE, .size = BUFFER_SIZE },
};

FIXTURE_VARIANT_ADD(cookie, coherent) {
	.kind = { .device = "coherent", .size = BUFFER_SIZE },
};

FIXTURE_VARIANT_ADD(cookie, offset) {
	.kind = { .device = "offset", .size = BUFFER_SIZE },
};

FIXTURE_SETUP(cookie)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(cookie)
{
	watch_end();
}

TEST_F(cookie, is_left_alone)
{
	struct buffer_kind kind = variant->kind;
	struct buffer b;

	kind.flags |= XDT_NO_KERNEL_MAPPING;
	b = buffer_get(&kind);
	if (b.a.cleared)
		fail("%llu bytes of struct pages from 0x%llx on are cleared",
		     b.a.cleared, b.a.cpu_addr);
}

/* RAM of dom0: the CPU maintains its caches, and may bounce small buffers. */
FIXTURE(ram) {
};

FIXTURE_VARIANT(ram) {
	struct scenario scenario;
};

FIXTURE_VARIANT_ADD(ram, plain) {
	.scenario = { .device = "plain" },
};

FIXTURE_VARIANT_ADD(ram, with_pool) {
	.scenario = { .device = "static-pool" },
};

FIXTURE_VARIANT_ADD(ram, offset) {
	.scenario = { .device = "offset" },
};

FIXTURE_SETUP(ram)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(ram)
{
	watch_end();
}

TEST_F(ram, translated)
{
	scenario_check(&variant->scenario, CHECK_TRANSLATED);
}

TEST_F(ram, address)
{
	scenario_check(&variant->scenario, CHECK_ADDRESS);
}

TEST_F(ram, maintenance)
{
	scenario_check(&variant->scenario, CHECK_MAINTENANCE);
}

TEST_F(ram, bounce)
{
	scenario_check(&variant->scenario, CHECK_BOUNCE);
}

TEST_F(ram, content)
{
	scenario_check(&variant->scenario, CHECK_DATA);
}

/* A coherent device needs no maintenance. */
FIXTURE(coherent) {
};

FIXTURE_VARIANT(coherent) {
	struct scenario scenario;
};

FIXTURE_VARIANT_ADD(coherent, ram) {
	.scenario = { .device = "coherent", .expect = SCENARIO_COHERENT },
};

FIXTURE_SETUP(coherent)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(coherent)
{
	watch_end();
}

TEST_F(coherent, address)
{
	scenario_check(&variant->scenario, CHECK_ADDRESS);
}

TEST_F(coherent, maintenance)
{
	scenario_check(&variant->scenario, CHECK_MAINTENANCE);
}

/* RAM that the device does not reach: all of it is bounced, on every kernel. */
FIXTURE(bounced) {
};

FIXTURE_VARIANT(bounced) {
	struct scenario scenario;
};

FIXTURE_VARIANT_ADD(bounced, ram_above_mask) {
	.scenario = { .device = "narrow", .expect = SCENARIO_BOUNCED },
};

FIXTURE_SETUP(bounced)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(bounced)
{
	watch_end();
}

TEST_F(bounced, maintenance)
{
	scenario_check(&variant->scenario, CHECK_MAINTENANCE);
}

TEST_F(bounced, map)
{
	scenario_check(&variant->scenario, CHECK_BOUNCE);
}

TEST_F(bounced, copy)
{
	scenario_check(&variant->scenario, CHECK_DATA);
}

/* Memory that the kernel cannot copy from, where bouncing is the only way. */
FIXTURE(refused) {
};

FIXTURE_VARIANT(refused) {
	struct scenario scenario;
};

FIXTURE_VARIANT_ADD(refused, pool_above_mask) {
	.scenario = {
		.device = "narrow",
		.memory = MEMORY_STATIC_POOL,
		.expect = SCENARIO_REFUSED,
	},
};

FIXTURE_SETUP(refused)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(refused)
{
	watch_end();
}

TEST_F(refused, maintenance)
{
	scenario_check(&variant->scenario, CHECK_MAINTENANCE);
}

TEST_F(refused, map)
{
	scenario_check(&variant->scenario, CHECK_BOUNCE);
}

/*
 * Memory outside of the linear map: the device's own pool, another device's pool,
 * and frames that dom0 does not have.
 */
FIXTURE(memory) {
};

FIXTURE_VARIANT(memory) {
	struct scenario scenario;
};

FIXTURE_VARIANT_ADD(memory, own_static) {
	.scenario = {
		.device = "static-pool",
		.memory = MEMORY_STATIC_POOL,
		.expect = SCENARIO_OWN_POOL,
		.xen_answer = -EPERM,
	},
};

FIXTURE_VARIANT_ADD(memory, own_dynamic) {
	.scenario = {
		.device = "dynamic-pool",
		.memory = MEMORY_DYNAMIC_POOL,
		.expect = SCENARIO_OWN_POOL,
	},
};

FIXTURE_VARIANT_ADD(memory, others_static) {
	.scenario = {
		.device = "plain",
		.memory = MEMORY_STATIC_POOL,
		.expect = SCENARIO_BY_XEN,
		.xen_answer = -EPERM,
	},
};

FIXTURE_VARIANT_ADD(memory, others_static_with_pool) {
	.scenario = {
		.device = "dynamic-pool",
		.memory = MEMORY_STATIC_POOL,
		.expect = SCENARIO_BY_XEN,
		.xen_answer = -EPERM,
	},
};

FIXTURE_VARIANT_ADD(memory, others_dynamic) {
	.scenario = {
		.device = "plain",
		.memory = MEMORY_DYNAMIC_POOL,
		.expect = SCENARIO_BY_XEN,
	},
};

FIXTURE_VARIANT_ADD(memory, others_dynamic_with_pool) {
	.scenario = {
		.device = "static-pool",
		.memory = MEMORY_DYNAMIC_POOL,
		.expect = SCENARIO_BY_XEN,
	},
};

FIXTURE_VARIANT_ADD(memory, hole) {
	.scenario = {
		.device = "plain",
		.memory = MEMORY_HOLE,
		.expect = SCENARIO_BY_XEN,
		.xen_answer = -EPERM,
	},
};

FIXTURE_VARIANT_ADD(memory, hole_with_pool) {
	.scenario = {
		.device = "static-pool",
		.memory = MEMORY_HOLE,
		.expect = SCENARIO_BY_XEN,
		.xen_answer = -EPERM,
	},
};

FIXTURE_SETUP(memory)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(memory)
{
	watch_end();
}

TEST_F(memory, translated)
{
	scenario_check(&variant->scenario, CHECK_TRANSLATED);
}

TEST_F(memory, address)
{
	scenario_check(&variant->scenario, CHECK_ADDRESS);
}

TEST_F(memory, maintenance)
{
	scenario_check(&variant->scenario, CHECK_MAINTENANCE);
}

TEST_F(memory, bounce)
{
	scenario_check(&variant->scenario, CHECK_BOUNCE);
}

/* Device pages, which are no memory, and registers: these are never bounced. */
FIXTURE(not_ram) {
};

FIXTURE_VARIANT(not_ram) {
	struct scenario scenario;
};

#ifndef __arm__		/* which has no ZONE_DEVICE */
FIXTURE_VARIANT_ADD(not_ram, device_pages) {
	.scenario = {
		.device = "plain",
		.memory = MEMORY_DEVICE_PAGES,
		.expect = SCENARIO_BY_XEN,
		.xen_answer = -EINVAL,
	},
};
#endif

FIXTURE_VARIANT_ADD(not_ram, mmio) {
	.scenario = {
		.device = "plain",
		.memory = MEMORY_REGISTERS,
		.expect = SCENARIO_MMIO,
	},
};

FIXTURE_VARIANT_ADD(not_ram, mmio_with_pool) {
	.scenario = {
		.device = "static-pool",
		.memory = MEMORY_REGISTERS,
		.expect = SCENARIO_MMIO,
	},
};

FIXTURE_VARIANT_ADD(not_ram, mmio_at_offset) {
	.scenario = {
		.device = "mmio-offset",
		.memory = MEMORY_REGISTERS,
		.expect = SCENARIO_MMIO,
	},
};

FIXTURE_SETUP(not_ram)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(not_ram)
{
	watch_end();
}

TEST_F(not_ram, translated)
{
	scenario_check(&variant->scenario, CHECK_TRANSLATED);
}

TEST_F(not_ram, address)
{
	scenario_check(&variant->scenario, CHECK_ADDRESS);
}

TEST_F(not_ram, maintenance)
{
	scenario_check(&variant->scenario, CHECK_MAINTENANCE);
}

/* A mistake of a driver must end in an error, not in a fault. */
FIXTURE(misuse) {
};

FIXTURE_SETUP(misuse)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(misuse)
{
	watch_end();
}

static void check_mapped(const char *device, struct xdt_case *c, const char *when)
{
	map_case(device, c);
	if (c->ret || c->dma_addr != c->phys)
		fail("%sreturned %d, DMA address 0x%llx", when, c->ret, c->dma_addr);
	no_hits(c);
}

/* Take the pool from a device while a page of it is mapped, and give it back. */
static void release_pool(const char *device, enum memory_kind memory)
{
	uint64_t size;
	struct xdt_case c = {
		.phys = memory_of(memory, device, &size), .size = PAGE,
		.sync_size = PAGE, .dir = DIR_TO_DEVICE, .release = 1,
	};

	check_mapped(device, &c, "");
	c.release = 0;
	check_mapped(device, &c, "afterwards: ");
}

TEST_F(misuse, released_static)
{
	release_pool("static-pool", MEMORY_STATIC_POOL);
}

TEST_F(misuse, released_dynamic)
{
	release_pool("dynamic-pool", MEMORY_DYNAMIC_POOL);
}

static void map_refused(const char *device, struct xdt_case *c)
{
	map_case(device, c);
	if (!c->ret)
		fail("0x%llx+%llu is mapped at 0x%llx", c->phys, c->size, c->dma_addr);
	no_hits(c);
}

/* Map as a page and as a scatterlist; both must be refused. */
static void both_refused(const char *device, uint64_t phys, uint64_t size)
{
	struct xdt_case c = { .phys = phys, .size = size, .dir = DIR_TO_DEVICE };

	map_refused(device, &c);
	c.nents = 1;
	map_refused(device, &c);
}

#ifndef __arm__		/* see dom0/dom0.dts */
TEST_F(misuse, pool_outside_of_memory)
{
	uint64_t size, pool = memory_of(MEMORY_OUTSIDE, "outside", &size);

	both_refused("outside", pool, PAGE);
	both_refused("outside", pool + 5, 77);
}
#endif

/* A device with a pool that the kernel must refuse. */
FIXTURE(no_pool) {
};

FIXTURE_VARIANT(no_pool) {
	const char *label;
};

FIXTURE_VARIANT_ADD(no_pool, empty) { .label = "empty" };
FIXTURE_VARIANT_ADD(no_pool, dynamic_empty) { .label = "dynamic-empty" };
FIXTURE_VARIANT_ADD(no_pool, in_use) { .label = "in-use" };

FIXTURE_SETUP(no_pool)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(no_pool)
{
	watch_end();
}

TEST_F(no_pool, no_device)
{
	char text[128], path[64];

	snprintf(path, sizeof(path), XDT_DEV_PREFIX "%s", variant->label);
	if (!access(path, F_OK))
		fail("%s is there", path);
	snprintf(text, sizeof(text), "xen-dma-test xen-dma-test-%s: error -%d: no private pool",
		 variant->label, EINVAL);
	if (times_logged(text) != 1)
		fail("not logged: %s", text);
}

/* Addresses of more than 32 bits. */
FIXTURE(wide) {
};

FIXTURE_SETUP(wide)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(wide)
{
	watch_end();
}

/* The machine has no memory at this address. */
#define WIDE_PHYS	0x123456000ull

TEST_F(wide, flush)
{
	struct xdt_seen seen = provoke((struct xdt_provoke) {
		.phys = WIDE_PHYS, .size = PAGE, .by_xen = 1,
	});

	if (seen.next != WIDE_PHYS + PAGE)
		fail("Xen was asked up to 0x%llx, wanted 0x%llx", seen.next,
		     WIDE_PHYS + PAGE);
}

/* Check that the CPU maintains memory that memblock has, at the right address. */
static void check_synced_by_cpu(uint64_t phys)
{
	struct xdt_wide w = { .phys = phys, .size = PAGE };
	struct xdt_seen seen;
	char text[64];

	seen_take(&seen);
	if (ioctl(device_open("plain"), XDT_IOC_WIDE, &w) || !seen_take(&seen))
		fail("XDT_IOC_WIDE: %s", strerror(errno));
	snprintf(text, sizeof(text), "arch_sync_dma_for_cpu of 0x%llx+%lu",
		 (unsigned long long)phys, PAGE);
	if (!strstr(seen.first, text))
		fail("%s", seen.first[0] ? seen.first : "nothing was maintained");
}

#ifdef __arm__		/* each kernel asks the same there, for all memory */
TEST_F(wide, sync)
{
	check_synced_by_cpu(WIDE_PHYS);
}
#endif

/*
 * Rare requests, and improvements of the part "next" of the series.  These tests are
 * for the kernels of that part, see mainline_kernel().
 */
FIXTURE(special) {
};

FIXTURE_SETUP(special)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(special)
{
	watch_end();
}

static void map_ram(const char *device, struct xdt_case *c)
{
	uint64_t size;

	c->phys = memory_of(MEMORY_RAM, device, &size);
	map_case(device, c);
	if (c->seen[XDT_MAP].hits)
		fail("%s", c->seen[XDT_MAP].first);
}

/* A mapping that must not be bounced fails while bouncing is forced. */
TEST_F(special, require_coherent)
{
	struct xdt_case c = { .size = PAGE, .force = 1, .require_coherent = 1 };

	map_ram("coherent", &c);
	if (!c.ret)
		fail("0x%llx is mapped at 0x%llx", c.phys, c.dma_addr);
}

TEST_F(special, zero_length)
{
	struct xdt_case c = { .dir = DIR_TO_DEVICE };

	map_ram("coherent", &c);
	if (c.ret)
		fail("mapping returned %d", c.ret);
}

/* Allocate one page, and more than the largest bounce buffer. */
TEST_F(special, alloc_pages)
{
	static const uint64_t sizes[] = { PAGE, 2 * XDT_BOUNCE_MAX };
	unsigned int i;

	for (i = 0; i < COUNT(sizes); i++) {
		struct xdt_pages p = { .size = sizes[i] };

		if (ioctl(device_open("plain"), XDT_IOC_PAGES, &p))
			fail("no %llu bytes: %s", p.size, strerror(errno));
		if (p.phys != p.device)
			fail("page 0x%llx, the device has 0x%llx", p.phys, p.device);
	}
}

/* Foreign frames bounce: dma_max_mapping_size() is the size of a bounce buffer. */
TEST_F(special, foreign_pages)
{
	struct xdt_case c = { .size = 2 * PAGE, .dir = DIR_TO_DEVICE, .foreign = 1 };
	struct xdt_case large = {
		.size = 2 * XDT_BOUNCE_MAX, .dir = DIR_TO_DEVICE, .foreign = 1,
	};

	map_ram("plain", &c);
	if (c.ret || c.right || c.dma_addr == XDT_FOREIGN)
		fail("mapping of 2 frames returned %d, DMA address 0x%llx", c.ret,
		     c.dma_addr);
	map_ram("plain", &large);
	if (!large.ret)
		fail("%llu bytes are mapped at 0x%llx", large.size, large.dma_addr);
}

/* The first page is local, and only the last of many is foreign. */
TEST_F(special, foreign_last_page)
{
	const unsigned int most = XDT_BOUNCE_MAX / PAGE < 16 ? XDT_BOUNCE_MAX / PAGE : 16;
	unsigned int n;

	for (n = 2; n <= most; n += most - 2) {
		struct xdt_case c = { .size = n * PAGE, .dir = DIR_TO_DEVICE, .foreign = n };

		map_ram("plain", &c);
		if (c.ret || c.right)
			fail("mapping of %u pages returned %d, DMA address 0x%llx", n, c.ret,
			     c.dma_addr);
	}
}

/* Other users share the bit of PG_foreign: their pages are not bounced. */
TEST_F(special, foreign_flag)
{
	struct xdt_case c = { .size = 2 * PAGE, .dir = DIR_BOTH, .flagged = 1 };

	map_ram("plain", &c);
	if (c.ret || !c.right || c.seen[XDT_MAP].syncs != 1 || c.seen[XDT_UNMAP].syncs != 1)
		fail("mapping returned %d, DMA address 0x%llx, %u and %u by the CPU", c.ret,
		     c.dma_addr, c.seen[XDT_MAP].syncs, c.seen[XDT_UNMAP].syncs);
}

/* Zeroes that the kernel has written must reach memory before the device writes. */
TEST_F(special, from_device)
{
	uint64_t size, phys = memory_of(MEMORY_RAM, "plain", &size);
	struct xdt_seen seen = provoke((struct xdt_provoke) {
		.phys = phys, .size = PAGE, .by_xen = 1, .from_device = 1,
	});

	if (seen.ops != FROM_DEVICE_OP)
		fail("Xen does operation %u, wanted %u", seen.ops, FROM_DEVICE_OP);
}

#ifndef __arm__		/* a stock kernel asks Xen there: the hole has no struct pages */
/*
 * A limit, before and after the series.  Memory that the balloon driver has added by
 * hotplug is in memblock.  A foreign frame with such an address counts as local.
 */
TEST_F(special, hotplugged_memory)
{
	check_synced_by_cpu(HOLE_PHYS);
}
#endif

/* Longer than the interval of the kernel's rate limit, milliseconds. */
#define RATELIMIT_MS	6000

/* Ask Xen to maintain memory, which it refuses, until the kernel logs that. */
static void check_refusal_logged(uint64_t phys, int code)
{
	struct xdt_provoke p = { .phys = phys, .size = 4, .by_xen = 1 };
	unsigned int tries;
	char text[80];

	snprintf(text, sizeof(text), ": Xen refuses cache maintenance at 0x%llx: -%d\n",
		 (unsigned long long)phys, code);
	for (tries = 0; tries < 3 && !times_logged(text); tries++) {
		/* sleep() needs CONFIG_COMPAT_32BIT_TIME on 32-bit ARM. */
		if (tries)
			poll(NULL, 0, RATELIMIT_MS);
		if (ioctl(device_open("plain"), XDT_IOC_PROVOKE, &p))
			fail("XDT_IOC_PROVOKE: %s", strerror(errno));
	}
	if (!times_logged(text))
		fail("not logged%.*s", (int)strcspn(text, "\n"), text);
}

/* A harmless refusal must not hide another one: both must be logged. */
TEST_F(special, refusal_of_xen)
{
	check_refusal_logged(unmapped_memory(), EPERM);
	check_refusal_logged(UART_PHYS, EINVAL);
}

/* Messages of the kernel. */
FIXTURE(logged) {
};

FIXTURE_SETUP(logged)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(logged)
{
	watch_end();
}

TEST_F(logged, no_bounce)
{
	static const char text[] = ": not in the linear map";
	uint64_t size, phys = memory_of(MEMORY_STATIC_POOL, "narrow", &size);
	struct xdt_case c = {
		.phys = phys, .size = PAGE, .dir = DIR_TO_DEVICE, .warn = 1,
	};
	unsigned int before = times_logged(text), quiet, times, i;

	both_refused("narrow", phys, PAGE);
	quiet = times_logged(text) - before;
	for (i = 0; i < 50; i++)
		map_refused("narrow", &c);
	times = times_logged(text) - before;
	if (quiet || times < 1 || times > 10)
		fail("logged %u times with DMA_ATTR_NO_WARN, %u times without, wanted 0, 1 to 10",
		     quiet, times);
}

/* This test crashes a kernel without the series, so it runs only on request. */
FIXTURE(deadly) {
};

FIXTURE_SETUP(deadly)
{
	watch_begin();
}

FIXTURE_TEARDOWN_PARENT(deadly)
{
	watch_end();
}

TEST_F(deadly, zero_length_bounced)
{
	struct xdt_case c = { .force = 1 };

	map_ram("plain", &c);
	if (!c.ret)
		fail("nothing is mapped at 0x%llx", c.dma_addr);
}

/* The detector must have no hits between the tests.  Keep this fixture the last. */
FIXTURE(last) {
};

FIXTURE_SETUP(last)
{
}

FIXTURE_TEARDOWN_PARENT(last)
{
	watch_end();
}

TEST_F(last, no_stray_hits)
{
	struct xdt_seen seen;

	watch_stray();
	if (!seen_take(&seen))
		fail("no detector");
}

static char *args[64];
static int n_args;

static void add_arg(char *arg)
{
	if (n_args + 1 == (int)COUNT(args))
		ksft_exit_fail_msg("more than %d arguments\n", n_args);
	args[n_args++] = arg;
}

/* Put a filter before the user's filters: the first that matches decides. */
static void leave_out(char *option, char *name)
{
	add_arg(option);
	add_arg(name);
}

static bool has_arg(int argc, char **argv, const char *arg)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], arg))
			return true;
	return false;
}

/* Tests of memory or devices that a domain does not have, see in_domain(). */
static struct {
	char *option, *name;
} dom0_only[] = {
	{ "-F", "no_pool" },
	{ "-F", "logged" },
	{ "-F", "misuse" },
	{ "-V", "dynamic_pool" },
	{ "-V", "hole_with_pool" },
	{ "-V", "mmio_with_pool" },
	{ "-V", "narrow" },
	{ "-V", "others_dynamic" },
	{ "-V", "others_dynamic_with_pool" },
	{ "-V", "others_static" },
	{ "-V", "others_static_with_pool" },
	{ "-V", "own_dynamic" },
	{ "-V", "own_static" },
	{ "-V", "pool_above_mask" },
	{ "-V", "ram_above_mask" },
	{ "-V", "static_pool" },
	{ "-V", "with_pool" },
	{ "-V", "xen" },		/* the domain does not know where Xen lies */
};

enum name_part { PART_FIXTURE, PART_VARIANT, PART_TEST, PARTS };

struct test_name {
	char text[128];
	char *part[PARTS];	/* in text, or NULL */
};

/* Split the first of some names "FIXTURE.VARIANT.TEST,..."; VARIANT can be missing. */
static void split_name(const char *names, struct test_name *n)
{
	char *first, *last;

	snprintf(n->text, sizeof(n->text), "%.*s", (int)strcspn(names, ","), names);
	first = strchr(n->text, '.');
	last = strrchr(n->text, '.');
	n->part[PART_FIXTURE] = n->text;
	n->part[PART_VARIANT] = last != first ? first + 1 : NULL;
	n->part[PART_TEST] = last ? last + 1 : NULL;
	if (last)
		*first = *last = 0;
}

/* Return the rest of some names after the first one. */
static const char *next_name(const char *names)
{
	names += strcspn(names, ",");
	return *names ? names + 1 : names;
}

static bool names_test(const struct test_name *n)
{
	const struct __fixture_metadata *f = __fixture_list;
	const struct __fixture_variant_metadata *v;
	const struct __test_metadata *t;

	while (f && strcmp(f->name, n->part[PART_FIXTURE]))
		f = f->next;
	if (!f || !n->part[PART_TEST] || !f->variant != !n->part[PART_VARIANT])
		return false;
	v = f->variant;
	while (v && strcmp(v->name, n->part[PART_VARIANT]))
		v = v->next;
	t = f->tests;
	while (t && strcmp(t->name, n->part[PART_TEST]))
		t = t->next;
	return t && (v || !f->variant);
}

/* Return whether @word is this part of a name; @fixture: only in names with this fixture. */
static bool is_named(const char *names, enum name_part part, const char *fixture,
		     const char *word)
{
	struct test_name n;

	for (; *names; names = next_name(names)) {
		split_name(names, &n);
		if (fixture && strcmp(n.part[PART_FIXTURE], fixture))
			continue;
		if (n.part[part] && !strcmp(n.part[part], word))
			return true;
	}
	return false;
}

/*
 * Remove the items of a list that is_named() does not find; keep the order.  The prev
 * pointers of the list are stale afterwards: only the registration of tests uses them.
 */
#define KEEP(list, names, part, fixture) \
do { \
	const char *keep_names = (names), *keep_fixture = (fixture); \
	typeof(list) *keep_at = &(list); \
\
	while (*keep_at) { \
		if (is_named(keep_names, part, keep_fixture, (*keep_at)->name)) \
			keep_at = &(*keep_at)->next; \
		else \
			*keep_at = (*keep_at)->next; \
	} \
} while (0)

/*
 * Keep only the named tests; each name must be that of a test.  If a fixture has several
 * names, each of its tests is kept for each of its variants.
 */
static void keep_only(const char *names)
{
	struct __fixture_metadata *f;
	const char *rest = names;
	struct test_name n;

	do {
		split_name(rest, &n);
		if (!names_test(&n))
			ksft_exit_fail_msg("only=%.*s names no test\n",
					   (int)strcspn(rest, ","), rest);
		rest = next_name(rest);
	} while (*rest);

	KEEP(__fixture_list, names, PART_FIXTURE, NULL);
	for (f = __fixture_list; f; f = f->next) {
		KEEP(f->variant, names, PART_VARIANT, f->name);
		KEEP(f->tests, names, PART_TEST, f->name);
	}
}

int main(int argc, char **argv)
{
	struct xdt_info kernel = kernel_info();
	unsigned int d;
	int i;

	if (has_arg(argc, argv, "bench"))
		return bench();
	if (!has_arg(argc, argv, "-l") && !has_arg(argc, argv, "-h") &&
	    access("/proc/device-tree/hypervisor", F_OK))
		ksft_exit_skip("no Xen in the device tree\n");

	add_arg(argv[0]);
	if (argc == 3 && !strcmp(argv[1], "only")) {
		keep_only(argv[2]);
		argc = 1;
	} else if (!has_arg(argc, argv, "deadly")) {
		leave_out("-F", "deadly");
	}
	if (!mainline_kernel())
		leave_out("-F", "special");
	if (!kernel.watches_cookies)
		leave_out("-F", "cookie");
	if (!kernel.bounces_small) {
		leave_out("-T", "bounce");
		leave_out("-T", "content");
	}
	/* Memory without struct pages can only be mapped by address. */
	if (!HOLE_HAS_PAGES && !kernel.maps_mmio) {
		leave_out("-V", "hole");
		leave_out("-V", "hole_with_pool");
	}
	/* Elsewhere its DMA address is the physical one, as in other variants. */
	if (!kernel.mmio_has_offset)
		leave_out("-V", "mmio_at_offset");
	for (d = 0; in_domain() && d < COUNT(dom0_only); d++)
		leave_out(dom0_only[d].option, dom0_only[d].name);
	for (i = 1; i < argc; i++)
		add_arg(argv[i]);

	watch_init();
	scenario_init();
	return test_harness_run(n_args, args);
}
