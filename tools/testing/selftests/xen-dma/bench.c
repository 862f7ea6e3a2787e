// SPDX-License-Identifier: GPL-2.0
/* "xen_dma_test bench": the cost of DMA operations, on a machine that counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "scenario.h"

#define KIB		1024
#define WORK		2000	/* pages, in one batch */
#define BATCHES		8

/* A row of the table. */
struct row {
	const char *op;		/* with "sg" and "mmap": the size is that of all pages */
	const char *memory;
	const char *device;	/* "owner": of the pool */
	unsigned int kib;
	enum dir dir;
	unsigned int entries;
	unsigned int kind;	/* XDT_ENTRIES_* */
	unsigned int regions;	/* of memory, at least */
};

static const struct {
	const char *name;
	unsigned int op;
} ops[] = {
	{ "map", XDT_BENCH_MAP },
	{ "sync", XDT_BENCH_SYNC },
	{ "sg", XDT_BENCH_SG },
	{ "mmap", XDT_BENCH_MMAP },
	{ "alloc", XDT_BENCH_ALLOC },
};

static const struct {
	const char *memory, *device;
	const char *label;
	enum memory_kind kind;
} places[] = {
	{ "RAM", "no pool", "plain", MEMORY_RAM },
	{ "RAM", "has a pool", "static-pool", MEMORY_RAM },
	{ "RAM", "coherent", "coherent", MEMORY_RAM },
	{ "static pool", "owner", "static-pool", MEMORY_STATIC_POOL },
	{ "dynamic pool", "owner", "dynamic-pool", MEMORY_DYNAMIC_POOL },
	{ "static pool", "another", "plain", MEMORY_STATIC_POOL },
	{ "dynamic pool", "another", "plain", MEMORY_DYNAMIC_POOL },
	{ "foreign", "no pool", "plain", MEMORY_RAM },
	{ "bounce", "no pool", "plain", MEMORY_RAM },
};

static const char *const dirs[DIRS] = { "both", "to", "from" };

static bool tracing(void)
{
	return getenv("XEN_DMA_TRACE");
}

static bool under_xen(void)
{
	return !access("/proc/device-tree/hypervisor", F_OK);
}

/* Wait until the rig has switched its trace on. */
static void wait_for_rig(void)
{
	char c;

	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
}

static int set_entries(const struct row *r, struct xdt_entries *e)
{
	e->kind = r->kind;
	e->count = r->entries;
	e->regions = r->regions;
	if (!ioctl(device_open("plain"), XDT_IOC_ENTRIES, e))
		return 0;
	perror("# XDT_IOC_ENTRIES");
	return -1;
}

/* Let the process map a buffer of the device; its address is the operand. */
static int map_buffer(int fd, struct xdt_bench *b)
{
	struct xdt_alloc a = { .size = b->size };
	void *map;

	if (ioctl(fd, XDT_IOC_ALLOC, &a))
		return -1;
	map = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b->phys = (uintptr_t)map;
	return map == MAP_FAILED ? -1 : 0;
}

static int measure(const struct row *r, struct xdt_bench *b)
{
	unsigned int i, pages = r->kib * KIB / PAGE;
	uint64_t size;
	int fd;

	for (i = 0; strcmp(ops[i].name, r->op); i++)
		;
	b->op = ops[i].op;
	i = 0;
	while (strcmp(places[i].memory, r->memory) || strcmp(places[i].device, r->device))
		i++;
	fd = device_open(places[i].label);
	b->size = (uint64_t)r->kib * KIB;
	b->dir = r->dir;
	b->pages = pages;
	/* Xen maintains the caches of a pool that the kernel has placed. */
	if (!strcmp(r->memory, "foreign"))
		b->machine = memory_of(MEMORY_DYNAMIC_POOL, "dynamic-pool", &size);
	b->bounce = !strcmp(r->memory, "bounce");
	b->batches = tracing() ? 1 : BATCHES;
	b->pairs = tracing() || WORK < pages ? 1 : WORK / pages;
	/* Of these, a part must fit between two interrupts of the timer. */
	if (!tracing() && (b->op == XDT_BENCH_MMAP || b->op == XDT_BENCH_ALLOC)) {
		b->pairs = pages > 16 ? 10 : 25;
		b->batches *= 8;
	}
	/* Xen works now and then on its own: find a batch in which it does not. */
	if (!tracing() && (b->machine || strcmp(r->device, "no pool"))) {
		b->pairs = b->pairs / 8 + 1;
		b->batches *= 8;
	}
	b->trace = tracing();
	if (b->op == XDT_BENCH_MMAP && map_buffer(fd, b))
		return -1;
	if (b->op != XDT_BENCH_MMAP && b->op != XDT_BENCH_ALLOC)
		b->phys = memory_of(places[i].kind, places[i].label, &size);
	if (!ioctl(fd, XDT_IOC_BENCH, b)) {
		close(fd);
		return 0;
	}
	perror("# XDT_IOC_BENCH");
	return -1;
}

/* Print the cost of one row; return 0, or -1 if the kernel refuses. */
static int bench_row(const struct row *r)
{
	struct xdt_bench b = {};
	struct xdt_entries e = {};
	char name[128];

	/* Without Xen, there are neither grants nor frames of other domains. */
	if (!under_xen() && (r->entries || !strcmp(r->memory, "foreign")))
		return 0;
	if (set_entries(r, &e))
		return -1;
	snprintf(name, sizeof(name), "%s,%s,%s,%u,%s,%u%s,%u", r->op, r->memory, r->device,
		 r->kib, dirs[r->dir], r->entries, r->kind ? " of RAM" : "", e.regions);
	if (tracing()) {
		printf("# trace,%s\n", name);
		wait_for_rig();
	}
	if (measure(r, &b))
		return -1;
	if (tracing())
		printf("# traced,%s\n", name);
	else
		printf("# cost,%s,%.1f,%u\n", name, (double)b.ns / b.pairs, b.flushes);
	if (e.change)
		printf("# grants,%s,%d,%.1f,%u\n", name, e.change,
		       (double)e.ns / abs(e.change), e.in_memory);
	fflush(stdout);
	return 0;
}

/* The rows of the limits: two directions, with no grant and with many. */
static int bench_limits(void)
{
	static const struct row works[] = {
		{ .op = "map", .kib = 4 },
		{ .op = "map", .kib = 64 },
		{ .op = "sg", .kib = 64 },
		{ .op = "sg", .kib = 256 },
	};
	unsigned int i, dir, entries;

	for (entries = 0; entries <= XDT_MAX_ENTRIES; entries += XDT_MAX_ENTRIES)
		for (i = 0; i < COUNT(works); i++)
			for (dir = DIR_TO_DEVICE; dir <= DIR_FROM_DEVICE; dir++) {
				struct row r = works[i];

				r.memory = "RAM";
				r.device = "no pool";
				r.dir = dir;
				r.entries = entries;
				if (bench_row(&r))
					return -1;
			}
	return 0;
}

/* The rows of each kind of memory: two sizes, two directions. */
static int bench_places(void)
{
	unsigned int i, kib, dir;

	for (i = 0; i < COUNT(places); i++)
		for (kib = 4; kib <= 64; kib += 60)
			for (dir = DIR_TO_DEVICE; dir <= DIR_FROM_DEVICE; dir++) {
				struct row r = {
					.op = "map", .memory = places[i].memory,
					.device = places[i].device, .kib = kib, .dir = dir,
				};

				/* The limits have these; a grant has one page. */
				if (!i || (kib > 4 && !strcmp(r.memory, "foreign")))
					continue;
				if (bench_row(&r))
					return -1;
			}
	return 0;
}

/*
 * The other rows: one axis differs from the first row of the limits.  An empty
 * field has the value of that row.
 */
static int bench_axes(void)
{
	static const struct row rows[] = {
		{ .kib = 1024 },
		{ .op = "sync" },
		{ .op = "sync", .dir = DIR_FROM_DEVICE },
		{ .op = "sg", .kib = 4 },
		{ .op = "sg", .kib = 1024 },
		{ .op = "mmap" },
		{ .op = "mmap", .kib = 64 },
		{ .op = "mmap", .kib = 4096 },
		{ .op = "alloc" },
		{ .entries = 1 },
		{ .entries = 100 },
		{ .entries = 1000 },
		{ .entries = XDT_MAX_ENTRIES, .kind = XDT_ENTRIES_BALLOON },
		{ .memory = "foreign", .entries = 100 },
		{ .memory = "foreign", .entries = XDT_MAX_ENTRIES },
		{ .regions = 64 },
		{ .regions = 64, .entries = XDT_MAX_ENTRIES },
		{ .regions = 64, .dir = DIR_FROM_DEVICE },
		{ .regions = 64, .memory = "foreign", .dir = DIR_FROM_DEVICE },
	};
	unsigned int i;

	for (i = 0; i < COUNT(rows); i++) {
		struct row r = rows[i];

		r.op = r.op ?: "map";
		r.memory = r.memory ?: "RAM";
		r.device = "no pool";
		r.kib = r.kib ?: 4;
		r.dir = r.dir ?: DIR_TO_DEVICE;
		if (bench_row(&r))
			return -1;
	}
	return bench_row(&(struct row){ .op = "map", .memory = "RAM", .device = "no pool",
					.kib = 4, .dir = DIR_BOTH });
}

int bench(void)
{
	char text[32] = "";
	int fd = open("/sys/module/xen_dma_test/sections/.text", O_RDONLY);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		printf("# text,%s", text);
	if (bench_limits() || bench_places() || bench_axes())
		return 1;
	printf("# costs complete\n");
	return 0;
}
