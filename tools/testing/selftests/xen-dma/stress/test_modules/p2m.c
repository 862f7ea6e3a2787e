// SPDX-License-Identifier: GPL-2.0
/*
 * Torture the p2m against a model.  Four CPUs insert and remove entries, and look up
 * theirs and those of others.  The frames lie in groups:
 *
 *   0, 1  one entry, which is there all the time
 *   2, 7  never an entry
 *   3..6  an entry that one CPU inserts and removes
 *
 * The entries that come and go rotate a tree around those that stay.  A lookup that
 * takes no lock can miss these.
 */
#include <linux/bitmap.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "stress.h"

#define GROUPS		256
#define GROUP		8
#define TIMES		(1000000 / SLOW)	/* insertions; and as many removals */

enum { STAYS, NEVER = 2, COMES_AND_GOES };
enum entry { OF_STAYING, OF_NEVER, OF_OWN, OF_OTHERS, KINDS };
static const char * const kinds[] = {
	"an entry that stays", "no entry", "an own entry", "an entry of another CPU",
};

struct torture {
	atomic_t inserted, removed, refused;
	atomic_t lookups[KINDS], wrong[KINDS], missed[KINDS];
};

/* The entries of one CPU: whether each is there, and with which of its two frames. */
struct model {
	struct torture *t;
	DECLARE_BITMAP(there, GROUPS);
	DECLARE_BITMAP(turn, GROUPS);
	u32 cpu, inserted, removed, lookups[KINDS];
};

static unsigned long pfn_of(u32 group, u32 place)
{
	return FIRST_PFN + group * GROUP + place;
}

/* Return one of two frames of an entry; no two entries, and no neighbours, share one. */
static unsigned long mfn_of(unsigned long pfn, bool turn)
{
	return (1ul << 32) + (((pfn - FIRST_PFN) * 2 + turn) * 40503 & 0xffff) * 16;
}

/*
 * Look up a frame, whose machine frame is one of two.  The entry of another CPU may be
 * there or not.
 */
static void look(struct model *m, enum entry kind, unsigned long pfn, unsigned long one,
		 unsigned long other)
{
	unsigned long mfn = __pfn_to_mfn(pfn);

	m->lookups[kind]++;
	if (likely(mfn == one || mfn == other))
		return;
	if (mfn == INVALID_P2M_ENTRY) {
		if (kind == OF_OTHERS)
			return;
		atomic_inc(&m->t->missed[kind]);
	}
	if (atomic_inc_return(&m->t->wrong[kind]) == 1)
		note("%s: %#lx is %#lx, wanted %#lx", kinds[kind], pfn, mfn, one);
}

static void look_at_own(struct model *m, u32 group)
{
	unsigned long pfn = pfn_of(group, COMES_AND_GOES + m->cpu);
	unsigned long want = INVALID_P2M_ENTRY;

	if (test_bit(group, m->there))
		want = mfn_of(pfn, test_bit(group, m->turn));
	look(m, OF_OWN, pfn, want, want);
}

static void look_around(struct model *m, u32 number)
{
	u32 group = number % GROUPS, page = number / GROUPS % 2;
	unsigned long pfn = pfn_of(group, STAYS), want = mfn_of(pfn, false) + page;

	look(m, OF_STAYING, pfn + page, want, want);
	pfn = pfn_of(group, page ? GROUP - 1 : NEVER);
	look(m, OF_NEVER, pfn, INVALID_P2M_ENTRY, INVALID_P2M_ENTRY);
	pfn = pfn_of(group, COMES_AND_GOES + (m->cpu + 1 + page) % CPUS);
	look(m, OF_OTHERS, pfn, mfn_of(pfn, false), mfn_of(pfn, true));
}

static void insert_or_remove(struct model *m, u32 group)
{
	unsigned long pfn = pfn_of(group, COMES_AND_GOES + m->cpu);

	if (test_bit(group, m->there)) {
		__set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
		__clear_bit(group, m->there);
		__change_bit(group, m->turn);
		m->removed++;
	} else if (__set_phys_to_machine(pfn, mfn_of(pfn, test_bit(group, m->turn)))) {
		__set_bit(group, m->there);
		m->inserted++;
	} else if (atomic_inc_return(&m->t->refused) == 1) {
		note("%#lx was not inserted", pfn);
	}
	look_at_own(m, group);
}

static int torture_cpu(unsigned int number, void *arg)
{
	struct model *m = kzalloc(sizeof(*m), GFP_KERNEL);
	u32 state = number, group, i;

	if (!m)
		return -ENOMEM;
	m->t = arg;
	m->cpu = number;
	for (i = 0; i < 2 * TIMES / CPUS; i++) {
		insert_or_remove(m, any(&state) % GROUPS);
		look_at_own(m, any(&state) % GROUPS);
		look_around(m, any(&state));
		look_around(m, any(&state));
		cond_resched();
	}
	for_each_set_bit(group, m->there, GROUPS)
		insert_or_remove(m, group);
	atomic_add(m->inserted, &m->t->inserted);
	atomic_add(m->removed, &m->t->removed);
	for (i = 0; i < KINDS; i++)
		atomic_add(m->lookups[i], &m->t->lookups[i]);
	kfree(m);
	return 0;
}

/* Insert the entries that stay, of two pages each. */
static bool insert_staying(void)
{
	u32 group;

	for (group = 0; group < GROUPS; group++) {
		unsigned long pfn = pfn_of(group, STAYS);

		if (!__set_phys_to_machine_multi(pfn, mfn_of(pfn, false), 2)) {
			note("%#lx was not inserted", pfn);
			return false;
		}
	}
	return true;
}

/* Remove all entries; return the number of lookups that find one afterwards. */
static u32 remove_staying(void)
{
	unsigned long pfn;
	u32 found = 0;

	for (pfn = FIRST_PFN; pfn < pfn_of(GROUPS, 0); pfn += GROUP)
		__set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
	for (pfn = FIRST_PFN; pfn < pfn_of(GROUPS, 0); pfn++)
		found += __pfn_to_mfn(pfn) != INVALID_P2M_ENTRY;
	return found;
}

bool p2m_torture(void)
{
	struct torture t = {};
	u32 kind, left;
	bool passes = insert_staying();
	int ret = passes ? on_cpus(CPUS, torture_cpu, &t, NULL) : 0;

	left = remove_staying();
	if (ret)
		note("the threads: %d", ret);
	note("%d insertions, %d removals, %d refused, %u entries are left",
	     atomic_read(&t.inserted), atomic_read(&t.removed), atomic_read(&t.refused), left);
	for (kind = 0; kind < KINDS; kind++) {
		note("%s: %d lookups, %d wrong, %d of them missed", kinds[kind],
		     atomic_read(&t.lookups[kind]), atomic_read(&t.wrong[kind]),
		     atomic_read(&t.missed[kind]));
		passes &= !atomic_read(&t.wrong[kind]);
	}
	return passes && !ret && !left && !atomic_read(&t.refused);
}

/* Check the answers without other CPUs, also those of pfn_to_bfn(). */
bool p2m_model(void)
{
	unsigned long pfn = FIRST_PFN, mfn = mfn_of(FIRST_PFN, true);
	unsigned int wrong = 0;

	wrong += pfn_to_bfn(pfn) != pfn || __pfn_to_mfn(pfn) != INVALID_P2M_ENTRY;
	wrong += !__set_phys_to_machine_multi(pfn, mfn, 3);
	wrong += pfn_to_bfn(pfn - 1) != pfn - 1 || pfn_to_bfn(pfn + 3) != pfn + 3;
	wrong += pfn_to_bfn(pfn) != mfn || pfn_to_bfn(pfn + 2) != mfn + 2;
	wrong += __pfn_to_mfn(pfn + 1) != mfn + 1;
	/* A second entry is refused, with a message. */
	wrong += __set_phys_to_machine(pfn, mfn + 16) || pfn_to_bfn(pfn) != mfn;
	wrong += !__set_phys_to_machine(pfn + 3, mfn) || pfn_to_bfn(pfn + 3) != mfn;
	wrong += !__set_phys_to_machine(pfn, INVALID_P2M_ENTRY) || pfn_to_bfn(pfn) != pfn;
	wrong += pfn_to_bfn(pfn + 2) != pfn + 2 || pfn_to_bfn(pfn + 3) != mfn;
	__set_phys_to_machine(pfn + 3, INVALID_P2M_ENTRY);
	wrong += pfn_to_bfn(pfn + 3) != pfn + 3;
	if (wrong)
		note("%u answers are wrong", wrong);
	return !wrong;
}
