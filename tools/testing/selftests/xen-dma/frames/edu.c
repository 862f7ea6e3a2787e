// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../clients/file.h"
#include "../outcome.h"
#include "edu.h"

#define DEVICE		"/dev/xen-dma-edu"

static uint64_t seen[MAX_PAGES * PAGE_WORDS];

bool edu_get(struct edu *b, size_t pages, bool no_mapping, bool write_combine)
{
	b->fd = file_open(DEVICE, O_RDWR);
	b->pages = pages;
	b->alloc = (struct xde_alloc) {
		.size = pages * PAGE, .no_mapping = no_mapping, .write_combine = write_combine,
	};
	if (ioctl(b->fd, XDE_IOC_ALLOC, &b->alloc)) {
		if (errno != ENOMEM)
			fail("XDE_IOC_ALLOC: %s", strerror(errno));
		close(b->fd);
		b->fd = -1;
		return false;
	}
	b->content = malloc(pages * PAGE);
	if (!b->content)
		fail("no memory for the content of %zu pages", pages);
	return true;
}

void edu_put(struct edu *b)
{
	close(b->fd);
	free(b->content);
	b->content = NULL;
	b->fd = -1;
}

void edu_fill(struct edu *b, unsigned int serial)
{
	size_t i;

	snprintf(b->about, sizeof(b->about), "buffer %u of %zu pages", serial, b->pages);
	for (i = 0; i < b->pages * PAGE_WORDS; i++)
		b->content[i] = (uint64_t)serial << 32 | i;
	if (pwrite(b->fd, b->content, b->pages * PAGE, 0) != (ssize_t)(b->pages * PAGE))
		fail("writing to %s: %s", b->about, strerror(errno));
}

void *edu_map(const struct edu *b, size_t first, size_t pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd,
		       first * PAGE);

	return p == MAP_FAILED ? NULL : p;
}

void edu_device(const struct edu *b, size_t offset, unsigned int size, bool to_memory)
{
	struct xde_move m = { .offset = offset, .size = size, .to_memory = to_memory };

	file_call(b->fd, XDE_IOC_MOVE, &m, "XDE_IOC_MOVE");
}

void edu_move(struct edu *b, size_t from, size_t to, unsigned int size)
{
	edu_device(b, from, size, false);
	edu_device(b, to, size, true);
	memmove((char *)b->content + to, (char *)b->content + from, size);
}

const void *edu_read(const struct edu *b)
{
	if (pread(b->fd, seen, b->pages * PAGE, 0) != (ssize_t)(b->pages * PAGE))
		fail("reading %s: %s", b->about, strerror(errno));
	return seen;
}

const void *edu_table(const struct edu *b)
{
	struct xde_sg_read r = { .to = (uintptr_t)seen, .size = b->pages * PAGE };

	file_call(b->fd, XDE_IOC_SG_READ, &r, "XDE_IOC_SG_READ");
	return seen;
}
