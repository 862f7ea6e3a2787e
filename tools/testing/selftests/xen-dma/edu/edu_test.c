// SPDX-License-Identifier: GPL-2.0
/*
 * A device that really does DMA in an x86 PV dom0.  It must read the data that a
 * process wrote to its mapping of the buffer, and the other way round.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"

#include "../buffer.h"
#include "../outcome.h"
#include "test_modules/xen_dma_edu.h"

/* Seconds: the machine is emulated. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	240

#define DEVICE		"/dev/xen-dma-edu"
#define LARGE		65536

/* One kind of buffer. */
struct edu_kind {
	size_t size;
	bool no_mapping;	/* in the kernel */
};

static const struct edu_kind large = { .size = LARGE };

static int edu_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail(DEVICE ": %s", strerror(errno));
	return fd;
}

static struct xde_alloc edu_alloc(const struct edu_kind *kind, int *fd)
{
	struct xde_alloc a = { .size = kind->size, .no_mapping = kind->no_mapping };

	*fd = edu_open();
	if (ioctl(*fd, XDE_IOC_ALLOC, &a))
		fail("XDE_IOC_ALLOC: %s", strerror(errno));
	return a;
}

static uint8_t *edu_map(int fd, size_t size)
{
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	return p;
}

/* Let the device copy all data from one buffer to the other. */
static void edu_move(int from, int to, size_t size)
{
	struct xde_move m;

	for (m.offset = 0; m.offset < size; m.offset += m.size) {
		m.size = size - m.offset < XDE_DEVICE_SIZE ? size - m.offset : XDE_DEVICE_SIZE;
		m.to_memory = 0;
		if (ioctl(from, XDE_IOC_MOVE, &m))
			fail("from 0x%llx: %s", m.offset, strerror(errno));
		m.to_memory = 1;
		if (ioctl(to, XDE_IOC_MOVE, &m))
			fail("to 0x%llx: %s", m.offset, strerror(errno));
	}
}

/* Fill with a pattern that differs in each page, and from byte to byte. */
static void fill_pattern(uint8_t *p, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = i * 7 + i / PAGE * 13 + seed;
}

static size_t count_wrong(const uint8_t *have, const uint8_t *want, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < size; i++)
		n += have[i] != want[i];
	return n;
}

static uint8_t want[LARGE], have[LARGE];

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
	struct xde_info i;

	if (ioctl(edu_open(), XDE_IOC_INFO, &i))
		fail("XDE_IOC_INFO: %s", strerror(errno));
	if (!i.pv_domain || !i.initial_domain)
		fail("this is no PV dom0");
	if (strcmp(i.ops, "xen_swiotlb_dma_ops"))
		fail("the device's ops are %s", i.ops);
}

/* The machine address must differ, or a mapping of the wrong frame would pass. */
TEST_F(env, machine_address)
{
	struct xde_alloc a;
	int fd;

	a = edu_alloc(&large, &fd);
	if (a.dma_addr / PAGE == a.phys / PAGE)
		fail("DMA address 0x%llx is the physical one", a.dma_addr);
}

FIXTURE(buffer) {
};

FIXTURE_VARIANT(buffer) {
	struct edu_kind kind;
};

FIXTURE_VARIANT_ADD(buffer, page) { .kind.size = PAGE };
FIXTURE_VARIANT_ADD(buffer, large) { .kind.size = LARGE };
FIXTURE_VARIANT_ADD(buffer, no_mapping) { .kind = { .size = LARGE, .no_mapping = true } };

FIXTURE_SETUP(buffer)
{
}

FIXTURE_TEARDOWN(buffer)
{
}

/* Count the wrong bytes in the mapping of the process. */
static size_t moved_to_mapping(const struct edu_kind *kind, bool raw_frame)
{
	int fd, other;
	uint8_t *p;

	edu_alloc(kind, &fd);
	edu_alloc(kind, &other);
	if (raw_frame && ioctl(fd, XDE_IOC_RAW_FRAME))
		fail("XDE_IOC_RAW_FRAME: %s", strerror(errno));
	p = edu_map(fd, kind->size);
	fill_pattern(want, kind->size, 2);
	if (pwrite(other, want, kind->size, 0) != (ssize_t)kind->size)
		fail("write: %s", strerror(errno));
	edu_move(other, fd, kind->size);
	return count_wrong(p, want, kind->size);
}

/* This test only reads its mapping, so it comes first: the mapping may be wrong. */
TEST_F(buffer, mmap_from_device)
{
	const struct edu_kind *kind = &variant->kind;
	size_t n = moved_to_mapping(kind, false);

	if (n)
		fail("the process saw %zu of %zu bytes wrong", n, kind->size);
}

TEST_F(buffer, mmap_to_device)
{
	const struct edu_kind *kind = &variant->kind;
	int fd, other;
	size_t n;

	edu_alloc(kind, &fd);
	edu_alloc(kind, &other);
	fill_pattern(want, kind->size, 1);
	memcpy(edu_map(fd, kind->size), want, kind->size);
	edu_move(fd, other, kind->size);
	if (pread(other, have, kind->size, 0) != (ssize_t)kind->size)
		fail("read: %s", strerror(errno));
	n = count_wrong(have, want, kind->size);
	if (n)
		fail("the device saw %zu of %zu bytes wrong", n, kind->size);
}

TEST_F(buffer, mmap_bounds)
{
	const struct edu_kind *kind = &variant->kind;
	int fd;

	edu_alloc(kind, &fd);
	if (mmap(NULL, kind->size + PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED)
		fail("a page more than the buffer has is mapped");
	if (errno != ENXIO)
		fail("mmap: %s, wanted ENXIO", strerror(errno));
}

TEST_F(buffer, get_sgtable)
{
	const struct edu_kind *kind = &variant->kind;
	struct xde_sgtable s;
	struct xde_alloc a;
	int fd;

	a = edu_alloc(kind, &fd);
	if (ioctl(fd, XDE_IOC_SGTABLE, &s))
		fail("XDE_IOC_SGTABLE: %s", strerror(errno));
	if (s.phys != a.phys || s.length != kind->size)
		fail("scatterlist at phys 0x%llx+%llu, buffer at 0x%llx+%zu",
		     s.phys, s.length, a.phys, kind->size);
}

FIXTURE(control) {
};

FIXTURE_SETUP(control)
{
}

FIXTURE_TEARDOWN(control)
{
}

/* A mapping of the raw machine frame must be noticed.  It is only read. */
TEST_F(control, raw_frame)
{
	size_t n = moved_to_mapping(&large, true);

	if (n < LARGE / 2)
		fail("the raw machine frame shows all but %zu of %u bytes", n, LARGE);
	ksft_print_msg("%zu of %u bytes are wrong\n", n, LARGE);
}

TEST_HARNESS_MAIN
