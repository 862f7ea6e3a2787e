// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "outcome.h"

int device_open(const char *label)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), XDT_DEV_PREFIX "%s", label);
	fd = open(path, O_RDWR);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

struct buffer buffer_get(const struct buffer_kind *kind)
{
	struct buffer b = {
		.fd = device_open(kind->device),
		.size = kind->size,
		.pages = (kind->size + PAGE - 1) / PAGE,
		.a = { .size = kind->size, .flags = kind->flags },
	};

	if (ioctl(b.fd, XDT_IOC_ALLOC, &b.a))
		fail("no buffer of %zu bytes: %s", kind->size, strerror(errno));
	return b;
}

void buffer_put(struct buffer *b)
{
	if (ioctl(b->fd, XDT_IOC_FREE))
		fail("free: %s", strerror(errno));
	close(b->fd);
}

static void set_mmap(struct buffer *b, struct xdt_mmap m)
{
	if (ioctl(b->fd, XDT_IOC_MMAP, &m))
		fail("XDT_IOC_MMAP: %s", strerror(errno));
}

void buffer_mmap_how(struct buffer *b, unsigned int how)
{
	set_mmap(b, (struct xdt_mmap) { .how = how });
}

void buffer_set_pgoff(struct buffer *b, uint64_t pgoff)
{
	set_mmap(b, (struct xdt_mmap) { .set_pgoff = 1, .pgoff = pgoff });
}

static void *map_at(struct buffer *b, uint64_t offset, size_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd,
		    offset);
}

uint8_t *buffer_map(struct buffer *b, unsigned int page, unsigned int pages)
{
	void *map = map_at(b, page * PAGE, pages * PAGE);

	if (map == MAP_FAILED)
		fail("mmap of %u pages at page %u: %s", pages, page,
		     strerror(errno));
	return map;
}

int buffer_try_map(struct buffer *b, uint64_t offset, size_t length)
{
	void *map = map_at(b, offset, length);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, length);
	return 0;
}

struct xdt_translate translate(int fd, const void *addr)
{
	struct xdt_translate t = { .addr = (uintptr_t)addr };

	if (ioctl(fd, XDT_IOC_TRANSLATE, &t))
		fail("XDT_IOC_TRANSLATE: %s", strerror(errno));
	return t;
}

/* Return the name of a fault, from PAR_EL1.FST of arm64. */
static const char *fault_name(const struct xdt_translate *t)
{
	static const char * const type[] = { "address size", "translation",
					     "access flag", "permission" };
	static char text[64];

	if (!t->fault)
		return "no fault";
	if (t->status < 16)
		snprintf(text, sizeof(text), "%s fault, level %u",
			 type[t->status >> 2], t->status & 3);
	else
		snprintf(text, sizeof(text), "fault 0x%02x", t->status);
	return text;
}

bool pfns_right(int fd, const uint8_t *map, unsigned int page, unsigned int pages,
		uint64_t pfn, char *why)
{
	unsigned int i;

	for (i = 0; i < pages; i++) {
		struct xdt_translate t = translate(fd, map + i * PAGE);
		unsigned long long want = pfn + page + i;

		if (t.fault || t.pfn != want) {
			snprintf(why, WHY,
				 "page %u: mapped PFN 0x%llx (%s), DMA address has PFN 0x%llx",
				 page + i, t.pfn, fault_name(&t), want);
			return false;
		}
	}
	return true;
}

bool pages_right(struct buffer *b, uint8_t *map, unsigned int page,
		 unsigned int pages, char *why)
{
	return pfns_right(b->fd, map, page, pages, b->a.phys / PAGE, why);
}

bool memattr_right(struct buffer *b, uint8_t *map, unsigned int want, char *why)
{
	unsigned int i;

	for (i = 0; i < b->pages; i++) {
		struct xdt_translate t = translate(b->fd, map + i * PAGE);

		if (t.fault) {
			snprintf(why, WHY, "page %u: %s", i, fault_name(&t));
			return false;
		}
		if (t.memattr != want) {
			snprintf(why, WHY,
				 "page %u: memory type 0x%02x, wanted 0x%02x",
				 i, t.memattr, want);
			return false;
		}
	}
	return true;
}

/* Fill with bytes that differ in a word, between pages and between seeds. */
static void fill_pattern(uint8_t *to, size_t offset, size_t length,
			 unsigned int seed)
{
	size_t i;

	for (i = offset; i < offset + length; i++)
		*to++ = i * 7 + (i >> 12) * 31 + seed;
}

static bool same_bytes(const uint8_t *found, const uint8_t *want, size_t length,
		       const char *who, char *why)
{
	size_t i, wrong = 0, first = 0;

	for (i = 0; i < length; i++) {
		if (found[i] == want[i])
			continue;
		if (!wrong++)
			first = i;
	}
	if (wrong)
		snprintf(why, WHY,
			 "%s sees %zu of %zu bytes wrong, the first at %zu: 0x%02x, wanted 0x%02x",
			 who, wrong, length, first, found[first], want[first]);
	return !wrong;
}

bool device_sees(struct buffer *b, uint8_t *map, size_t offset, size_t length,
		 unsigned int seed, char *why)
{
	unsigned int pages = (length + PAGE - 1) / PAGE;
	uint8_t *want, *found;
	bool ret;

	if (WRONG_PAGE_IS_VITAL && !pages_right(b, map, offset / PAGE, pages, why))
		return false;
	want = malloc(length);
	found = malloc(length);
	fill_pattern(want, offset, length, seed);
	memcpy(map, want, length);
	if (pread(b->fd, found, length, offset) != (ssize_t)length)
		fail("device's view, read: %s", strerror(errno));
	ret = same_bytes(found, want, length, "the device", why);
	free(want);
	free(found);
	return ret;
}

bool process_sees(struct buffer *b, uint8_t *map, size_t offset, size_t length,
		  unsigned int seed, char *why)
{
	uint8_t *want = malloc(length), *found = malloc(length);
	bool ret;

	fill_pattern(want, offset, length, seed);
	if (pwrite(b->fd, want, length, offset) != (ssize_t)length)
		fail("device's view, write: %s", strerror(errno));
	memcpy(found, map, length);
	ret = same_bytes(found, want, length, "the process", why);
	free(want);
	free(found);
	return ret;
}
