// SPDX-License-Identifier: GPL-2.0
/*
 * No frame of another domain in a mapping of dom0: on x86, a DMA address is a machine
 * address, and a wrong PFN derived from it could lead to any frame.  The memory of the
 * other domain is filled with a pattern.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kselftest_harness.h"

#include "../clients/file.h"
#include "../outcome.h"
#include "calls.h"
#include "domain.h"
#include "edu.h"
#include "pattern.h"

/* Seconds: the machine is emulated. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600

#define BATCH		512	/* frames that are mapped together */
#define PAGES_PER_MIB	256
#define LEAST_MIB	32

/* Return a number of the environment. */
static unsigned int number(const char *name, unsigned int usual)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : usual;
}

FIXTURE(env) {
};

FIXTURE_SETUP(env)
{
}

FIXTURE_TEARDOWN(env)
{
}

TEST_F(env, dom0)
{
	int fd = file_open("/dev/xen-dma-edu", O_RDWR);
	struct xde_info i;

	file_call(fd, XDE_IOC_INFO, &i, "XDE_IOC_INFO");
	if (!i.pv_domain || !i.initial_domain)
		fail("this is no PV dom0");
	if (strcmp(i.ops, "xen_swiotlb_dma_ops"))
		fail("the device's ops are %s", i.ops);
}

/* The other domain has the pattern in its memory, and verifies it. */
TEST_F(env, other_domain)
{
	unsigned int mib = domain_filled();
	unsigned long wrong = domain_wrong();

	if (mib < LEAST_MIB)
		fail("the other domain has filled %u MiB, wanted %u or more", mib, LEAST_MIB);
	if (wrong)
		fail("%lu words of the other domain are wrong at the start", wrong);
	ksft_print_msg("filled %u MiB\n", mib);
}

/*
 * Check all frames of the other domain with the checker of the tests; return the
 * last frame that has nothing but the pattern.
 */
static unsigned long check_domain(struct found *f)
{
	unsigned long frame, i, last = 0, before;
	uint64_t want[PAGE_WORDS];
	unsigned int id = domain_id();
	int error[BATCH];
	char *p;

	for (i = 0; i < PAGE_WORDS; i++)
		want[i] = pattern();
	for (frame = 0; frame < MACHINE_FRAMES; frame += BATCH) {
		p = domain_map(id, frame, BATCH, error);
		for (i = 0; i < BATCH; i++) {
			if (error[i])
				continue;
			before = f->wrong;
			check_pages(f, p + i * PAGE, want, 1, "other domain");
			if (f->wrong == before)
				last = frame + i;
		}
		munmap(p, BATCH * PAGE);
	}
	return last;
}

FIXTURE(control) {
};

FIXTURE_SETUP(control)
{
}

FIXTURE_TEARDOWN(control)
{
}

/* A mapping of the other domain's frames must be noticed. */
TEST_F(control, mapped)
{
	unsigned long filled = domain_filled() * PAGES_PER_MIB;
	struct found f = {};

	check_domain(&f);
	if (f.foreign < filled)
		fail("%lu of %lu frames show the pattern, the domain has filled %lu",
		     f.foreign, f.pages, filled);
	ksft_print_msg("%lu of %lu frames show the pattern, the domain has filled %lu\n",
		       f.foreign, f.pages, filled);
}

/* A device that reads the other domain's memory must be noticed. */
TEST_F(control, device_reads)
{
	uint64_t frame, aim = 0;
	struct found f = {};
	struct edu b;

	frame = check_domain(&f);
	if (!edu_get(&b, 1, false, false))
		fail("no buffer");
	edu_fill(&b, 1);
	f = (struct found) {};
	aim = frame * PAGE;
	file_call(b.fd, XDE_IOC_AIM, &aim, "XDE_IOC_AIM");
	edu_device(&b, 0, XDE_DEVICE_SIZE, false);
	aim = 0;
	file_call(b.fd, XDE_IOC_AIM, &aim, "XDE_IOC_AIM");
	edu_device(&b, 0, XDE_DEVICE_SIZE, true);
	check_pages(&f, edu_read(&b), b.content, 1, b.about);
	if (!f.foreign)
		fail("the device has read frame 0x%llx, which shows no pattern",
		     (unsigned long long)frame);
}

/* A mapping of the machine frame as if it were a PFN must be noticed.  It is only read. */
TEST_F(control, raw_frame)
{
	struct found f = {};
	struct edu b;
	void *p;

	if (!edu_get(&b, 16, false, false))
		fail("no buffer");
	edu_fill(&b, 1);
	file_call(b.fd, XDE_IOC_RAW_FRAME, NULL, "XDE_IOC_RAW_FRAME");
	p = edu_map(&b, 0, b.pages);
	if (!p)
		fail("mmap: %s", strerror(errno));
	check_pages(&f, p, b.content, b.pages, b.about);
	if (f.wrong < b.pages)
		fail("%lu of %zu pages are wrong", f.wrong, b.pages);
}

FIXTURE(random) {
};

FIXTURE_SETUP(random)
{
}

FIXTURE_TEARDOWN(random)
{
}

TEST_F(random, calls)
{
	unsigned int seed = number("XEN_DMA_SEED", 1);
	struct calls c = {};

	calls_make(&c, seed, number("XEN_DMA_SECONDS", 60));
	ksft_print_msg("%lu calls, %lu pages read, seed %u\n", c.done, c.found.pages, seed);
	ksft_print_msg("%lu buffers, %lu refused, %lu mappings, %lu tables\n",
		       c.buffers, c.refused, c.mappings, c.tables);
	ksft_print_msg("%lu moves, %lu streams, %lu mappings bounced\n",
		       c.moves, c.streams, c.bounced);
	if (c.found.foreign)
		fail("%lu pages of another domain: %s", c.found.foreign, c.found.first);
	if (c.found.wrong)
		fail("%lu wrong pages: %s", c.found.wrong, c.found.first);
	if (!c.buffers || !c.mappings || !c.tables || !c.moves || !c.streams || !c.bounced ||
	    c.bounced == 2 * c.streams)
		fail("too few calls of some kind");
}

/* The device has written to no frame of the other domain. */
TEST_F(random, other_domain)
{
	unsigned long wrong = domain_wrong();

	if (wrong)
		fail("%lu words of the other domain are wrong", wrong);
}

FIXTURE(last) {
};

FIXTURE_SETUP(last)
{
}

FIXTURE_TEARDOWN(last)
{
}

/* The other domain must notice a write to its memory.  No test may follow. */
TEST_F(last, device_writes)
{
	struct found f = {};
	unsigned long wrong;
	struct edu b;
	uint64_t aim;

	if (!edu_get(&b, 1, false, false))
		fail("no buffer");
	edu_fill(&b, 1);
	edu_device(&b, 0, sizeof(uint64_t), false);
	aim = check_domain(&f) * PAGE;
	file_call(b.fd, XDE_IOC_AIM, &aim, "XDE_IOC_AIM");
	edu_device(&b, 0, sizeof(uint64_t), true);
	wrong = domain_wrong();
	if (wrong != 1)
		fail("%lu words of the other domain are wrong, wanted 1", wrong);
}

TEST_HARNESS_MAIN
