// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of the p2m.  Each worker inserts and removes its own, and looks up its own,
 * those of others, and some that stay.
 */
#include "model.h"

#define EACH		64	/* entries of a worker */
#define STAY		64
#define NEXT		3	/* pages from one entry to the next; none has the others */

static struct {
	bool there, turn;
} mine[EACH];

static unsigned int page_of(unsigned int who, unsigned int i)
{
	/* Those that stay lie between the others. */
	return (i * 8 + who) * NEXT;
}

/* One of two frames of an entry: no two entries share one. */
static uint64_t mfn_of(unsigned int page, bool turn)
{
	return (1ull << 32) + (page * 2 + turn) * 16;
}

#define STAYING		7	/* in place of the number of a worker */
#define TIMES_IN_RACE	8	/* requests of one operation */

static bool begun;

static void call(struct fuzz_entry *entries, unsigned int n)
{
	struct fuzz_p2m p = { .entries = (uintptr_t)entries, .count = n };

	expect(request(FUZZ_IOC_P2M, &p), 0, "p2m");
	shared->lookups += n;
}

/* Insert the entries that stay, once. */
void p2m_begin(void)
{
	struct fuzz_entry entries[STAY];
	unsigned int i;

	for (i = 0; i < STAY; i++) {
		entries[i].page = page_of(STAYING, i);
		entries[i].op = FUZZ_INSERT;
		entries[i].mfn = mfn_of(entries[i].page, false);
	}
	call(entries, STAY);
}

/* Remove the entries of this worker; a process that was killed may have left some. */
static void remove_mine(void)
{
	struct fuzz_entry entries[EACH];
	unsigned int i;

	for (i = 0; i < EACH; i++) {
		entries[i].page = page_of(worker, i);
		entries[i].op = FUZZ_REMOVE;
		mine[i].there = false;
	}
	call(entries, EACH);
}

void p2m_end(void)
{
	if (begun)
		remove_mine();
}

/* Draw an entry and what to do with it; change the model. */
static struct fuzz_entry draw_entry(uint32_t n)
{
	unsigned int i = (n >> 8) % EACH, other = (worker + 1) % workers;
	struct fuzz_entry e = { .page = page_of(worker, i), .op = FUZZ_LOOK };

	switch (n % 8) {
	case 0:
	case 1:
		e.page = page_of(STAYING, i % STAY);
		break;
	case 2:
		e.page = page_of(other, i);
		break;
	case 3:
		break;
	default:
		mine[i].there = !mine[i].there;
		e.op = mine[i].there ? FUZZ_INSERT : FUZZ_REMOVE;
		if (e.op == FUZZ_INSERT) {
			mine[i].turn = !mine[i].turn;
			e.mfn = mfn_of(e.page, mine[i].turn);
		}
	}
	return e;
}

static void check(const struct fuzz_entry *e, uint64_t one, uint64_t other)
{
	if (e->mfn != one && e->mfn != other)
		wrong("p2m: page %u has frame 0x%llx, wanted 0x%llx", e->page, e->mfn,
		      (unsigned long long)one);
}

static void some_entries(uint64_t from, unsigned int n)
{
	struct fuzz_entry entries[FUZZ_MOST_ENTRIES];
	uint64_t want[FUZZ_MOST_ENTRIES];
	unsigned int i, of, who;

	for (i = 0; i < n; i++) {
		entries[i] = draw_entry(mix(from + i) >> 8);
		of = entries[i].page / NEXT / 8;
		want[i] = mine[of].there ? mfn_of(entries[i].page, mine[of].turn) : NO_FRAME;
	}
	call(entries, n);
	for (i = 0; i < n; i++) {
		who = entries[i].page / NEXT % 8;
		if (entries[i].op != FUZZ_LOOK)
			continue;
		if (who == worker)
			check(&entries[i], want[i], want[i]);
		else if (who == STAYING)
			check(&entries[i], mfn_of(entries[i].page, false),
			      mfn_of(entries[i].page, false));
		else if (entries[i].mfn != NO_FRAME)
			check(&entries[i], mfn_of(entries[i].page, false),
			      mfn_of(entries[i].page, true));
	}
}

void op_p2m(const struct op *op)
{
	unsigned int n = 64 + op->arg[0] % (FUZZ_MOST_ENTRIES - 63), i;

	say("p2m: %u entries, %u times", n, race ? TIMES_IN_RACE : 1);
	if (!begun)
		remove_mine();
	begun = true;
	for (i = 0; i < (race ? TIMES_IN_RACE : 1); i++)
		some_entries(((uint64_t)op->arg[1] << 32) + op->arg[2] + i * n, n);
}
