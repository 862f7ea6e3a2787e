// SPDX-License-Identifier: GPL-2.0
/* Entries of the p2m: many in one request, so that requests of several CPUs race. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <xen/page.h>

#include "fuzz.h"

static int one(struct fuzz_entry *e)
{
	unsigned long pfn = FUZZ_FIRST_PFN + e->page;

	switch (e->op) {
	case FUZZ_LOOK:
		e->mfn = __pfn_to_mfn(pfn);
		return 0;
	case FUZZ_INSERT:
		return __set_phys_to_machine(pfn, e->mfn) ? 0 : -EEXIST;
	case FUZZ_REMOVE:
		__set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
		return 0;
	}
	return -EINVAL;
}

int fuzz_p2m(const struct fuzz_p2m *p)
{
	size_t size = p->count * sizeof(struct fuzz_entry);
	struct fuzz_entry *entries;
	int ret = 0;
	u32 i;

	if (p->count > FUZZ_MOST_ENTRIES)
		return -EINVAL;
	entries = memdup_user(u64_to_user_ptr(p->entries), size);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	for (i = 0; i < p->count && !ret; i++)
		ret = one(&entries[i]);
	if (!ret && copy_to_user(u64_to_user_ptr(p->entries), entries, size))
		ret = -EFAULT;
	kfree(entries);
	cond_resched();
	return ret;
}
