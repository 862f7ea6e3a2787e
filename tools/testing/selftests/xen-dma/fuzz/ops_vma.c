// SPDX-License-Identifier: GPL-2.0
/* User mappings: which page each has, of which type, with which contents. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "model.h"

#define ACCESS_FLAG	2	/* kind of a fault, from PAR_EL1.FST */

static struct xdt_translate ask(const uint8_t *at)
{
	struct xdt_translate t = { .addr = (uintptr_t)at };

	if (ioctl(translate_fd, XDT_IOC_TRANSLATE, &t))
		wrong("XDT_IOC_TRANSLATE: %s", strerror(errno));
	return t;
}

/* Ask for a page; the first access of a new process sets the access flag. */
static struct xdt_translate ask_accessed(const uint8_t *at, unsigned long long pfn)
{
	struct xdt_translate t = ask(at);

	if (!t.fault || t.status >> 2 != ACCESS_FLAG || t.pfn != pfn)
		return t;
	(void)*(volatile uint8_t *)at;
	return ask(at);
}

static void check_word(const struct map *m, unsigned int page)
{
	unsigned int of_obj = m->first + page;
	uint64_t want = m->copied[page] ? m->word[page] : m->obj->word[of_obj], found;

	if (!m->copied[page] && !m->obj->known[of_obj])
		return;
	found = *(volatile uint64_t *)(m->at + page * PAGE + of_obj * 37 % 512 * 8);
	if (found != want)
		wrong("page %u: the process reads 0x%llx, wanted 0x%llx", of_obj,
		      (unsigned long long)found, (unsigned long long)want);
}

void check_page(const struct map *m, unsigned int page)
{
	unsigned long long first = m->obj->phys / PAGE, want = first + m->first + page;
	/* A private copy has the type of its mapping. */
	unsigned int type = model_type(m->obj);
	struct xdt_translate t;

	if (m->copied[page])
		check_word(m, page);
	t = ask_accessed(m->at + page * PAGE, want);
	if (m->copied[page]) {
		if (t.fault || t.pfn - first < m->obj->pages)
			wrong("page %u: private PFN 0x%llx (fault %u)", m->first + page, t.pfn,
			      t.fault);
	} else if (t.fault || t.pfn != want) {
		wrong("page %u: mapped PFN 0x%llx (fault %u), DMA address has PFN 0x%llx",
		      m->first + page, t.pfn, t.fault, want);
	}
	if (t.memattr != type)
		wrong("page %u: memory type 0x%02x, wanted 0x%02x", m->first + page, t.memattr,
		      type);
	check_word(m, page);
}

static void check_map(const struct map *m, uint32_t number)
{
	check_page(m, 0);
	check_page(m, m->pages - 1);
	check_page(m, number % m->pages);
}

void check_maps(const struct obj *o, uint32_t number)
{
	unsigned int i;

	for (i = 0; i < MAPS; i++)
		if (maps[i].at && maps[i].obj == o)
			check_map(&maps[i], number);
}

void drop_map(struct map *m)
{
	shared->calls++;
	if (munmap(m->at, m->pages * PAGE))
		wrong("munmap: %s", strerror(errno));
	m->at = NULL;
	model_put(m->obj);
}

/* The first page to ask for, and how many: often all right, or one too many. */
static void draw_range(const struct op *op, const struct obj *o, uint64_t *first, uint64_t *n)
{
	uint32_t a = op->arg[1], b = op->arg[2];

	switch (op->arg[3] % 8) {
	case 0:
		*first = a % (o->pages + 3);
		*n = 1 + b % (o->pages + 2);
		break;
	case 1:
		*first = (1ull << (a % 40 + 12)) - b % 3;
		*n = 1 + b % 4;
		break;
	default:
		*first = a % o->pages;
		*n = 1 + b % (o->pages - *first);
	}
}

static void map_pages(const struct op *op, int fd, struct obj *o, int beyond)
{
	int flags = op->arg[4] % 4 ? MAP_SHARED : MAP_PRIVATE;
	int prot = op->arg[4] / 4 % 3 ? PROT_READ | PROT_WRITE : PROT_READ;
	struct map *m = free_map();
	uint64_t first, n;
	void *at;

	if (!m) {
		m = any_map(op->arg[5]);
		drop_map(m);
	}
	draw_range(op, o, &first, &n);
	if (op->arg[4] / 16 % 8 == 0)
		flags |= MAP_POPULATE;
	say("mmap %u: %llu pages of %u from page %llu, %s, %s", (unsigned int)(m - maps),
	    (unsigned long long)n, (unsigned int)(o - objs), (unsigned long long)first,
	    flags & MAP_SHARED ? "shared" : "private", prot & PROT_WRITE ? "rw" : "r");
	shared->calls++;
	/* The kernel takes the length of whole pages. */
	at = mmap(NULL, n * PAGE - op->arg[5] % PAGE, prot, flags, fd, first * PAGE);
	expect(at == MAP_FAILED ? errno : 0, first + n <= o->pages ? 0 : beyond, "mmap");
	if (at == MAP_FAILED)
		return;
	*m = (struct map) {
		.at = at, .pages = n, .first = first, .obj = o, .in_child = true,
		.writable = prot & PROT_WRITE, .private = !(flags & MAP_SHARED),
	};
	model_take(o);
	check_map(m, op->arg[5]);
}

void op_mmap(const struct op *op)
{
	struct obj *o = any_obj(op->arg[0], false);

	if (!o)
		return;
	expect(request_number(FUZZ_IOC_SELECT, o - objs), 0, "select");
	map_pages(op, fuzz_fd, o, ENXIO);
}

/* The dma-buf itself refuses pages beyond its end. */
void op_buf_mmap(const struct op *op)
{
	struct buf *b = any_buf(op->arg[0]);

	if (b)
		map_pages(op, b->fd, b->obj, EINVAL);
}

/* Take the first pages from a mapping in the model. */
static void cut_front(struct map *m, unsigned int n)
{
	m->at += n * PAGE;
	m->first += n;
	m->pages -= n;
	memmove(m->copied, m->copied + n, m->pages * sizeof(m->copied[0]));
	memmove(m->word, m->word + n, m->pages * sizeof(m->word[0]));
}

void op_munmap(const struct op *op)
{
	struct map *m = any_map(op->arg[0]), *tail = free_map();
	unsigned int first, n;

	if (!m)
		return;
	first = op->arg[1] % m->pages;
	n = 1 + op->arg[2] % (m->pages - first);
	say("munmap of %u: %u pages from %u", (unsigned int)(m - maps), n, first);
	if (n == m->pages || (first && first + n < m->pages && !tail)) {
		drop_map(m);
		return;
	}
	shared->calls++;
	expect(munmap(m->at + first * PAGE, n * PAGE) ? errno : 0, 0, "munmap");
	if (!first) {
		cut_front(m, n);
	} else {
		if (first + n < m->pages) {
			*tail = *m;
			model_take(m->obj);
			cut_front(tail, first + n);
			check_map(tail, op->arg[3]);
		}
		m->pages = first;
	}
	check_map(m, op->arg[3]);
}

void op_mremap(const struct op *op)
{
	struct map *m = any_map(op->arg[0]);
	unsigned int n;
	void *at;

	if (!m)
		return;
	shared->calls++;
	switch (op->arg[1] % 3) {
	case 0:
		n = m->pages + 1 + op->arg[2] % 4;
		say("mremap of %u to %u pages", (unsigned int)(m - maps), n);
		at = mremap(m->at, m->pages * PAGE, n * PAGE, MREMAP_MAYMOVE);
		expect(at == MAP_FAILED ? errno : 0, EFAULT, "mremap that grows");
		break;
	case 1:
		n = 1 + op->arg[2] % m->pages;
		say("mremap of %u to %u pages", (unsigned int)(m - maps), n);
		at = mremap(m->at, m->pages * PAGE, n * PAGE, 0);
		if (at != m->at)
			wrong("mremap that shrinks: %p, wanted %p", at, m->at);
		m->pages = n;
		break;
	case 2:
		say("mremap of %u to another address", (unsigned int)(m - maps));
		at = mmap(NULL, m->pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		at = mremap(m->at, m->pages * PAGE, m->pages * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, at);
		expect(at == MAP_FAILED ? errno : 0, 0, "mremap that moves");
		m->at = at;
	}
	check_map(m, op->arg[3]);
}

void op_mprotect(const struct op *op)
{
	struct map *m = any_map(op->arg[0]);
	bool writable = op->arg[1] % 2;

	if (!m)
		return;
	say("mprotect of %u: %s", (unsigned int)(m - maps), writable ? "rw" : "r");
	shared->calls++;
	expect(mprotect(m->at, m->pages * PAGE, PROT_READ | (writable ? PROT_WRITE : 0)) ?
	       errno : 0, 0, "mprotect");
	m->writable = writable;
	check_map(m, op->arg[3]);
}

/* Answers for a mapping of frames without struct pages; none depends on an option. */
static const struct {
	int advice, want;
} advices[] = {
	{ MADV_NORMAL, 0 }, { MADV_RANDOM, 0 }, { MADV_SEQUENTIAL, 0 }, { MADV_DONTFORK, 0 },
	{ MADV_DONTDUMP, 0 }, { MADV_DONTNEED, EINVAL }, { MADV_FREE, EINVAL },
	{ MADV_DOFORK, EINVAL }, { MADV_DODUMP, EINVAL }, { MADV_WIPEONFORK, EINVAL },
	{ 20 /* MADV_COLD */, EINVAL }, { 21 /* MADV_PAGEOUT */, EINVAL },
};

void op_madvise(const struct op *op)
{
	unsigned int i = op->arg[1] % COUNT(advices);
	int want = advices[i].want;
	struct map *m = any_map(op->arg[0]);

	if (!m)
		return;
	say("madvise of %u: %d", (unsigned int)(m - maps), advices[i].advice);
	shared->calls++;
	expect(madvise(m->at, m->pages * PAGE, advices[i].advice) ? errno : 0, want,
	       "madvise");
	if (!want && advices[i].advice == MADV_DONTFORK)
		m->in_child = false;
	check_map(m, op->arg[3]);
}

/* Check all mappings in a new process. */
void check_child(uint32_t number)
{
	unsigned int i;

	for (i = 0; i < MAPS; i++) {
		if (!maps[i].at)
			continue;
		if (maps[i].in_child)
			check_map(&maps[i], number);
		else if (!ask(maps[i].at).fault)
			wrong("fork: the child has a mapping with MADV_DONTFORK");
	}
}
