// SPDX-License-Identifier: GPL-2.0
/*
 * A device that really does DMA in an x86 PV dom0: what it reads is what a
 * process wrote to its mapping of the buffer, and the other way round.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../memory.h"
#include "../runner.h"
#include "test_modules/xen_dma_edu.h"

#define DEVICE		"/dev/xen-dma-edu"
#define LARGE		65536

struct edu_kind {
	const char *name;
	size_t size;
	bool no_mapping;
};

static const struct edu_kind kinds[] = {
	{ "page", PAGE, false },
	{ "buffer", LARGE, false },
	{ "no_mapping", LARGE, true },
};

/* There is no fault detector on x86, which is coherent. */
bool seen_take(struct xdt_seen *seen)
{
	return false;
}

static int device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail(DEVICE ": %s", strerror(errno));
	return fd;
}

static struct xde_alloc buffer(const struct edu_kind *k, int *fd)
{
	struct xde_alloc a = { .size = k->size, .no_mapping = k->no_mapping };

	*fd = device();
	if (ioctl(*fd, XDE_IOC_ALLOC, &a))
		fail("XDE_IOC_ALLOC: %s", strerror(errno));
	return a;
}

static uint8_t *map(int fd, size_t size)
{
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	return p;
}

/* The device moves it all from one buffer to the other. */
static void move(int from, int to, size_t size)
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

/* Every page differs, and every byte from the next ones. */
static void pattern(uint8_t *p, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = i * 7 + i / PAGE * 13 + seed;
}

static size_t wrong(const uint8_t *have, const uint8_t *want, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < size; i++)
		n += have[i] != want[i];
	return n;
}

static uint8_t want[LARGE], have[LARGE];

static void env_dom0(const void *arg)
{
	struct xde_info i;

	if (ioctl(device(), XDE_IOC_INFO, &i))
		fail("XDE_IOC_INFO: %s", strerror(errno));
	if (!i.pv_domain || !i.initial_domain)
		fail("this is no PV dom0");
	if (strcmp(i.ops, "xen_swiotlb_dma_ops"))
		fail("the device's ops are %s", i.ops);
}

/* Or a mapping of the wrong frame would not show. */
static void env_machine_address(const void *arg)
{
	struct xde_alloc a;
	int fd;

	a = buffer(arg, &fd);
	if (a.dma_addr / PAGE == a.phys / PAGE)
		fail("DMA address 0x%llx is the physical one", a.dma_addr);
}

static void mmap_to_device(const void *arg)
{
	const struct edu_kind *k = arg;
	int fd, other;
	size_t n;

	buffer(k, &fd);
	buffer(k, &other);
	pattern(want, k->size, 1);
	memcpy(map(fd, k->size), want, k->size);
	move(fd, other, k->size);
	if (pread(other, have, k->size, 0) != (ssize_t)k->size)
		fail("read: %s", strerror(errno));
	n = wrong(have, want, k->size);
	if (n)
		fail("the device saw %zu of %zu bytes wrong", n, k->size);
}

/* Returns how many bytes the process sees wrong in its mapping. */
static size_t moved_to_mapping(const struct edu_kind *k, bool raw_frame)
{
	int fd, other;
	uint8_t *p;

	buffer(k, &fd);
	buffer(k, &other);
	if (raw_frame && ioctl(fd, XDE_IOC_RAW_FRAME))
		fail("XDE_IOC_RAW_FRAME: %s", strerror(errno));
	p = map(fd, k->size);
	pattern(want, k->size, 2);
	if (pwrite(other, want, k->size, 0) != (ssize_t)k->size)
		fail("write: %s", strerror(errno));
	move(other, fd, k->size);
	return wrong(p, want, k->size);
}

static void mmap_from_device(const void *arg)
{
	const struct edu_kind *k = arg;
	size_t n = moved_to_mapping(k, false);

	if (n)
		fail("the process saw %zu of %zu bytes wrong", n, k->size);
}

static void mmap_bounds(const void *arg)
{
	const struct edu_kind *k = arg;
	int fd;

	buffer(k, &fd);
	if (mmap(NULL, k->size + PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED)
		fail("a page more than the buffer has is mapped");
	if (errno != ENXIO)
		fail("mmap: %s, wanted ENXIO", strerror(errno));
}

static void get_sgtable(const void *arg)
{
	const struct edu_kind *k = arg;
	struct xde_sgtable s;
	struct xde_alloc a;
	int fd;

	a = buffer(k, &fd);
	if (ioctl(fd, XDE_IOC_SGTABLE, &s))
		fail("XDE_IOC_SGTABLE: %s", strerror(errno));
	if (s.phys != a.phys || s.length != k->size)
		fail("scatterlist at phys 0x%llx+%llu, buffer at 0x%llx+%zu",
		     s.phys, s.length, a.phys, k->size);
}

/* The raw machine frame must not pass for the page.  It is read, not written. */
static void control_raw_frame(const void *arg)
{
	const struct edu_kind *k = arg;
	size_t n = moved_to_mapping(k, true);

	if (n < k->size / 2)
		fail("the raw machine frame shows all but %zu of %zu bytes", n, k->size);
	printf("# %zu of %zu bytes are wrong\n", n, k->size);
}

static const struct test {
	const char *name;
	void (*fn)(const void *arg);
} tests[] = {
	/* The one that only reads its mapping comes first: it may be wrong. */
	{ "mmap_from_device", mmap_from_device },
	{ "mmap_to_device", mmap_to_device },
	{ "mmap_bounds", mmap_bounds },
	{ "get_sgtable", get_sgtable },
};

int main(void)
{
	unsigned int i, j;

	plan(2 + COUNT(kinds) * COUNT(tests) + 1);
	run("env", "dom0", env_dom0, NULL);
	run("env", "machine_address", env_machine_address, &kinds[1]);
	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(tests); j++)
			run(kinds[i].name, tests[j].name, tests[j].fn, &kinds[i]);
	run("control", "raw_frame", control_raw_frame, &kinds[1]);
	return finish();
}
