// SPDX-License-Identifier: GPL-2.0
/* User mappings and scatterlists of one kind of buffer. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "runner.h"
#include "tests.h"

void mmap_pfn(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!pages_right(&b, map, 0, b.pages, why))
		fail("%s", why);
}

void mmap_to_device(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!device_sees(&b, map, 0, b.size, 1, why) ||
	    !device_sees(&b, map, 0, b.size, 2, why))
		fail("%s", why);
}

void mmap_from_device(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!process_sees(&b, map, 0, b.size, 3, why) ||
	    !process_sees(&b, map, 0, b.size, 4, why))
		fail("%s", why);
}

void mmap_each_page(const void *arg)
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

/* A file has no more than a long can count. */
#define FAR_BEHIND	(sizeof(long) == 8 ? 1ull << 50 : 1ull << 31)

void mmap_bounds(const void *arg)
{
	struct buffer b = buffer_get(arg);
	size_t all = b.pages * PAGE;

	refused(buffer_try_map(&b, 0, all), 0, "the whole buffer");
	refused(buffer_try_map(&b, 0, all + PAGE), ENXIO, "a page too much");
	refused(buffer_try_map(&b, all - PAGE, 2 * PAGE), ENXIO,
		"two pages at the last one");
	refused(buffer_try_map(&b, all, PAGE), ENXIO, "the page behind");
	refused(buffer_try_map(&b, FAR_BEHIND, PAGE), ENXIO, "far behind");
	refused(buffer_try_map(&b, 0, 0), EINVAL, "length 0");

	/* Where vm_pgoff plus the number of pages wraps around. */
	buffer_set_pgoff(&b, ~0ull);
	refused(buffer_try_map(&b, 0, PAGE), ENXIO, "vm_pgoff ULONG_MAX");
	refused(buffer_try_map(&b, 0, 2 * PAGE), ENXIO,
		"two pages at vm_pgoff ULONG_MAX");
	buffer_set_pgoff(&b, -(uint64_t)b.pages);
	refused(buffer_try_map(&b, 0, all), ENXIO, "a vm_pgoff of minus size");
}

void mmap_memory_type(const void *arg)
{
	const struct kind *k = arg;
	struct buffer b = buffer_get(k);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!memattr_right(&b, map, k->memattr, why))
		fail("%s", why);
}

void touch_unaligned(uint8_t *map)
{
	volatile uint64_t *p = (volatile uint64_t *)(map + 3);
	const uint64_t want = 0x0123456789abcdefull;

	*p = want;
	if (*p != want || map[3] != (uint8_t)want)
		fail("8 bytes at offset 3 read back as 0x%llx",
		     (unsigned long long)*p);
}

void mmap_unaligned(const void *arg)
{
	struct buffer b = buffer_get(arg);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (WRONG_PAGE_IS_VITAL && !pages_right(&b, map, 0, b.pages, why))
		fail("%s", why);
	touch_unaligned(map);
}

void get_sgtable(const void *arg)
{
	struct buffer b = buffer_get(arg);
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

static sigjmp_buf segv;

static void on_segv(int sig)
{
	siglongjmp(segv, 1);
}

void unmapped_is_gone(const void *arg)
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

void cookie_is_left_alone(const void *arg)
{
	struct buffer b = buffer_get(arg);

	if (b.a.cleared)
		fail("%llu bytes of struct pages from 0x%llx on are cleared",
		     b.a.cleared, b.a.cpu_addr);
}
