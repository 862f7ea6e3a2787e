// SPDX-License-Identifier: GPL-2.0
/* Allocate and free memory; write to it as the device and as the process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "model.h"

/* Bytes of a buffer: none, some pages, or much of a pool. */
static uint64_t draw_size(const struct op *op, const struct device *d)
{
	bool pool = d->pool_size && !d->released;
	uint32_t n = op->arg[1];

	/* A pool gives its first address for a length of 0, on any machine. */
	if (n % 32 == 0 && !pool)
		return 0;
	if (n % 8 == 1 && pool)
		return (32 + (n >> 8) % 600) * PAGE - op->arg[3] % PAGE;
	return (1 + (n >> 8) % 16) * PAGE - (n % 2 ? op->arg[3] % PAGE : 0);
}

static unsigned int draw_flags(const struct op *op, unsigned int dev)
{
	uint32_t n = op->arg[2];
	unsigned int flags = n & (n >> 8) & (FUZZ_WRITE_COMBINE | FUZZ_FORCE_CONTIGUOUS |
					   FUZZ_SINGLE_PAGES | FUZZ_ATOMIC |
					   FUZZ_WEAK_ORDERING | FUZZ_PRIVILEGED);

	/* The free of a managed buffer has no attributes. */
	if (dev != FUZZ_OWN && n % 3 == 0)
		flags |= FUZZ_NO_KERNEL_MAPPING;
	return flags;
}

static struct obj *new_obj(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS; i++)
		if (!objs[i].handle && !objs[i].refs)
			return &objs[i];
	return NULL;
}

static void check_place(const struct obj *o, const struct fuzz_alloc *a)
{
	const struct device *d = &devices[o->dev];
	unsigned int i;

	if (o->phys == NO_FRAME || o->phys % PAGE)
		wrong("alloc: %s cannot have the DMA address 0x%llx", d->label, a->dma);
	if (a->cpu_pfn != o->phys / PAGE)
		wrong("alloc: the CPU address has PFN 0x%llx, DMA address has PFN 0x%llx",
		      a->cpu_pfn, (unsigned long long)o->phys / PAGE);
	if (!o->in_pool && model_dma(o->dev, o->phys, o->size) != a->dma)
		wrong("alloc: %s does not reach 0x%llx+%llu", d->label, a->dma, a->size);
	for (i = 0; i < FUZZ_OBJECTS; i++)
		if (&objs[i] != o && objs[i].refs &&
		    o->phys < objs[i].phys + objs[i].pages * PAGE &&
		    objs[i].phys < o->phys + o->pages * PAGE)
			wrong("alloc: frame 0x%llx has two owners",
			      (unsigned long long)o->phys / PAGE);
}

/* Set the words that the allocation has cleared. */
static void clear(struct obj *o)
{
	unsigned int i;

	memset(o->known, 0, sizeof(o->known));
	if (!o->in_pool && o->flags & (FUZZ_NO_KERNEL_MAPPING | FUZZ_ATOMIC))
		return;
	for (i = 0; i < o->size / PAGE; i++) {
		o->known[i] = true;
		o->word[i] = 0;
	}
}

void op_alloc(const struct op *op)
{
	unsigned int dev = any_device(op->arg[0]);
	struct device *d = &devices[dev];
	struct fuzz_alloc a = {
		.dev = dev, .size = draw_size(op, d), .flags = draw_flags(op, dev),
	};
	struct obj *o = new_obj();
	uint64_t pool_dma;
	int want, found;

	if (!o)
		return;
	if (!a.size)
		a.flags &= ~FUZZ_ATOMIC;
	a.obj = o - objs;
	want = model_alloc(dev, a.size, a.flags, &pool_dma);
	say("alloc %u: %llu bytes for %s, flags 0x%x", a.obj, a.size, d->label, a.flags);
	found = request(FUZZ_IOC_ALLOC, &a);
	if (want == MAYBE && found == ENOMEM)
		return;
	expect(found, want == MAYBE ? 0 : want, "alloc");
	if (found)
		return;
	*o = (struct obj) {
		.handle = true, .dev = dev, .flags = a.flags, .size = a.size,
		.pages = (a.size + PAGE - 1) / PAGE, .dma = a.dma,
		.phys = model_phys(dev, a.dma),
		.in_pool = d->pool_size && !d->released,
	};
	if (pool_dma != NO_FRAME && a.dma != pool_dma)
		wrong("alloc: DMA address 0x%llx, the pool has 0x%llx", a.dma,
		      (unsigned long long)pool_dma);
	if (o->in_pool && a.dma - d->pool_dma >= d->pool_size)
		wrong("alloc: DMA address 0x%llx is not in the pool", a.dma);
	check_place(o, &a);
	clear(o);
	model_take(o);
}

/* Allocate ordinary pages, also by dma_alloc_pages(). */
void op_pages(const struct op *op)
{
	struct fuzz_alloc a = { .flags = FUZZ_PAGES, .size = PAGE << op->arg[0] % 3 };
	unsigned int dev = any_device(op->arg[2]);
	struct obj *o = new_obj();
	int found;

	if (!o)
		return;
	/* Without its driver, a device could not free them. */
	if (op->arg[1] % 2 && dev != FUZZ_OWN) {
		a.flags |= FUZZ_DMA_PAGES;
		a.dev = dev;
	}
	a.obj = o - objs;
	say("pages %u: %llu bytes%s%s", a.obj, a.size, a.dev ? " for " : "",
	    a.dev ? devices[a.dev].label : "");
	found = request(FUZZ_IOC_ALLOC, &a);
	if (found == ENOMEM && a.dev == FUZZ_NARROW)
		return;
	expect(found, 0, "pages");
	/* They never come from the pool of the device. */
	if (a.flags & FUZZ_DMA_PAGES && a.dma != model_dma(a.dev, a.cpu_pfn * PAGE, a.size))
		wrong("pages: DMA address 0x%llx, the page has PFN 0x%llx", a.dma, a.cpu_pfn);
	*o = (struct obj) {
		.handle = true, .dev = FUZZ_PLAIN, .flags = a.flags, .size = a.size,
		.pages = a.size / PAGE, .phys = a.cpu_pfn * PAGE,
		.data = calloc(1, DATA_SIZE),
	};
	model_take(o);
}

void drop_obj(struct obj *o)
{
	o->handle = false;
	expect(request_number(FUZZ_IOC_FREE, o - objs), 0, "free");
	model_put(o);
}

void op_free(const struct op *op)
{
	struct obj *o = any_obj(op->arg[0], op->arg[1] % 4 == 0);

	if (!o)
		return;
	say("free %u, which has %u more users", (unsigned int)(o - objs), o->refs - 1);
	drop_obj(o);
}

void op_sgtable(const struct op *op)
{
	struct obj *o = any_obj(op->arg[0], false);
	struct fuzz_sgtable s = {};

	if (!o)
		return;
	s.obj = o - objs;
	say("sgtable of %u", s.obj);
	expect(request(FUZZ_IOC_SGTABLE, &s), 0, "get_sgtable");
	if (s.nents != 1 || s.phys != o->phys || s.length != o->pages * PAGE)
		wrong("get_sgtable: %u entries, 0x%llx+%llu, wanted 0x%llx+%llu", s.nents,
		      s.phys, s.length, (unsigned long long)o->phys,
		      (unsigned long long)(o->pages * PAGE));
}

static unsigned int word_at(unsigned int page)
{
	return page * 37 % 512 * 8;
}

/* Access the word of a page as the device. */
static void access_word(const struct obj *o, unsigned int page, bool write, uint64_t *word)
{
	struct fuzz_access a = {
		.phys = o->phys + page * PAGE + word_at(page), .size = 8, .write = write,
	};

	memcpy(a.data, word, 8);
	expect(ioctl(fuzz_fd, FUZZ_IOC_ACCESS, &a) ? errno : 0, 0, "access");
	memcpy(word, a.data, 8);
}

void op_device_writes(const struct op *op)
{
	struct obj *o = any_obj(op->arg[0], false);
	uint64_t word = (uint64_t)op->arg[2] << 32 | op->arg[3];
	unsigned int page;

	if (!o)
		return;
	page = op->arg[1] % o->pages;
	say("the device writes to page %u of %u", page, (unsigned int)(o - objs));
	access_word(o, page, true, &word);
	o->known[page] = true;
	o->word[page] = word;
	check_maps(o, op->arg[4]);
}

void op_user_writes(const struct op *op)
{
	uint64_t word = (uint64_t)op->arg[2] << 32 | op->arg[3], seen = 0;
	struct map *m = any_map(op->arg[0]);
	unsigned int page, of_obj;
	struct obj *o;

	if (!m || !m->writable)
		return;
	o = m->obj;
	page = op->arg[1] % m->pages;
	of_obj = m->first + page;
	say("the process writes to page %u of %u%s", of_obj, (unsigned int)(o - objs),
	    m->private ? ", private" : "");
	check_page(m, page);
	shared->calls++;
	*(volatile uint64_t *)(m->at + page * PAGE + word_at(of_obj)) = word;
	if (m->private) {
		m->copied[page] = true;
		m->word[page] = word;
	} else {
		o->known[of_obj] = true;
		o->word[of_obj] = word;
	}
	check_page(m, page);
	if (!o->known[of_obj])
		return;
	access_word(o, of_obj, false, &seen);
	if (seen != o->word[of_obj])
		wrong("the device reads 0x%llx, wanted 0x%llx", (unsigned long long)seen,
		      (unsigned long long)o->word[of_obj]);
}
