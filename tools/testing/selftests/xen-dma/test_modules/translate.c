// SPDX-License-Identifier: GPL-2.0
/* The mapping of an address of the calling process. */
#include <linux/mm.h>
#include <linux/sched.h>

#include "mmu.h"
#include "xdt.h"

#if defined(CONFIG_ARM64) || defined(CONFIG_ARM_LPAE)
/* Return the frame in the page tables of the calling process, 0 without one. */
static unsigned long xdt_user_pfn(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	unsigned long pfn = 0;
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	mmap_read_lock(mm);
	pgd = pgd_offset(mm, addr);
	if (pgd_none(*pgd))
		goto unlock;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		goto unlock;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		goto unlock;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		goto unlock;
	/* Nobody frees the table: the process is in this call. */
	pte = pte_offset_kernel(pmd, addr);
	if (pte_present(*pte))
		pfn = pte_pfn(*pte);
unlock:
	mmap_read_unlock(mm);
	return pfn;
}

/* Get the frame from the page tables, and the result of the MMU. */
int xdt_translate(struct xdt_translate *t)
{
	u64 par = xdt_user_par(t->addr);

	t->pfn = xdt_user_pfn(t->addr);
	t->fault = par & 1;
	t->status = t->fault ? (par >> 1) & 0x3f : 0;
	t->memattr = t->fault ? 0 : par >> 56;
	return 0;
}
#else
int xdt_translate(struct xdt_translate *t)
{
	return -EOPNOTSUPP;
}
#endif
