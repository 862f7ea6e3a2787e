// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "../clients/file.h"
#include "../outcome.h"
#include "calls.h"
#include "edu.h"

#define SLOTS		6	/* buffers at the same time */
#define STREAM_PAGES	(XDE_STREAM_MAX / PAGE)
#define STREAM_WORDS	(XDE_STREAM_MAX / sizeof(uint64_t))

static uint64_t state;
static struct edu slots[SLOTS];

/* Return a number from 0 to @below - 1: xorshift. */
static size_t draw(size_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

/* Small sizes are as frequent as large ones. */
static size_t draw_pages(void)
{
	return draw(1ul << draw(11)) + 1;
}

/* Return a number of bytes that the device can move, in whole words. */
static unsigned int draw_length(size_t most)
{
	size_t words = (most < XDE_DEVICE_SIZE ? most : XDE_DEVICE_SIZE) / sizeof(uint64_t);

	return (draw(words) + 1) * sizeof(uint64_t);
}

static size_t draw_offset(size_t size, unsigned int length)
{
	return draw((size - length) / sizeof(uint64_t) + 1) * sizeof(uint64_t);
}

static void call_alloc(struct calls *c, struct edu *b)
{
	bool no_mapping = draw(2), write_combine = draw(2);

	c->done++;
	if (!edu_get(b, draw_pages(), no_mapping, write_combine)) {
		c->refused++;
		return;
	}
	edu_fill(b, ++c->buffers);
}

/* Check the pages, then write to one, but only if the mapping is right. */
static void call_map(struct calls *c, struct edu *b)
{
	size_t first = draw(b->pages), pages = draw(b->pages - first) + 1, i = draw(pages);
	uint64_t *p = edu_map(b, first, pages);
	uint64_t *content = b->content + first * PAGE_WORDS;

	c->done++;
	if (!p)
		fail("mmap of %zu pages at page %zu of %s: %s", pages, first, b->about,
		     strerror(errno));
	c->mappings++;
	check_pages(&c->found, p, content, pages, b->about);
	if (!c->found.wrong && !c->found.foreign) {
		content[i * PAGE_WORDS] ^= draw(1ul << 32);
		p[i * PAGE_WORDS] = content[i * PAGE_WORDS];
		check_pages(&c->found, edu_read(b), b->content, b->pages, b->about);
	}
	munmap(p, pages * PAGE);
}

/* No page behind the end may be mapped. */
static void call_map_beyond(struct calls *c, struct edu *b)
{
	size_t first = draw(2 * b->pages);
	size_t pages = (first < b->pages ? b->pages - first : 0) + 1 + draw(16);

	c->done++;
	if (edu_map(b, first, pages))
		fail("%zu pages at page %zu of %s are mapped", pages, first, b->about);
	if (errno != ENXIO)
		fail("mmap beyond %s: %s, wanted ENXIO", b->about, strerror(errno));
}

static void call_table(struct calls *c, struct edu *b)
{
	c->done++;
	c->tables++;
	check_pages(&c->found, edu_table(b), b->content, b->pages, b->about);
}

/* The device reads words of the buffer, and writes them to another place of it. */
static void call_move(struct calls *c, struct edu *b)
{
	unsigned int length = draw_length(b->pages * PAGE);
	size_t size = b->pages * PAGE;

	c->done += 2;
	c->moves += 2;
	edu_move(b, draw_offset(size, length), draw_offset(size, length), length);
	check_pages(&c->found, edu_read(b), b->content, b->pages, b->about);
}

static void call_stream(struct calls *c)
{
	static uint64_t data[STREAM_WORDS], want[STREAM_WORDS];
	size_t i, size = (draw(STREAM_PAGES) + 1) * PAGE;
	struct xde_stream s = {
		.data = (uintptr_t)data, .size = size, .length = draw_length(size),
		.sync = draw(2),
	};
	int fd = slots[0].fd;

	s.offset = draw_offset(size, s.length);
	for (i = 0; i < size / sizeof(uint64_t); i++)
		data[i] = (c->streams << 32 | i) + 1;
	memset(want, XDE_FILL, size);
	memcpy((char *)want + s.offset, (char *)data + s.offset, s.length);
	file_call(fd, XDE_IOC_STREAM, &s, "XDE_IOC_STREAM");
	c->done++;
	c->streams++;
	c->moves += 2;
	c->bounced += s.bounced;
	check_pages(&c->found, data, want, size / PAGE, s.sync ? "stream, sync" : "stream");
}

/* The device is slow, so it moves data in a few calls only. */
static void call_any(struct calls *c, struct edu *b)
{
	size_t n = draw(32);

	if (n < 14)
		call_map(c, b);
	else if (n < 17)
		call_map_beyond(c, b);
	else if (n < 24)
		call_table(c, b);
	else if (n < 25)
		call_move(c, b);
	else if (n < 26 && slots[0].content)
		call_stream(c);
	else
		edu_put(b);
}

void calls_make(struct calls *c, unsigned int seed, unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	struct edu *b;
	size_t i;

	/* Xorshift stays at 0, and begins slowly with small numbers. */
	state = (seed + 1ull) * 0x9e3779b97f4a7c15;
	while (time(NULL) < end && !c->found.foreign && !c->found.wrong) {
		b = &slots[draw(SLOTS)];
		if (b->content)
			call_any(c, b);
		else
			call_alloc(c, b);
	}
	for (i = 0; i < SLOTS; i++) {
		if (slots[i].content)
			edu_put(&slots[i]);
	}
}
