/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the architectures: the MMU, and calls. */
#ifndef XDT_MMU_H
#define XDT_MMU_H

#include <linux/bits.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/types.h>
#include <asm/barrier.h>

#ifdef CONFIG_ARM64
#include <asm/sysreg.h>

/* Return PAR_EL1 after an address translation; interrupts could overwrite it. */
#define xdt_at(op, addr)						\
({									\
	unsigned long flags_;						\
	u64 par_;							\
									\
	local_irq_save(flags_);						\
	asm volatile("at " op ", %0" : : "r" (addr));			\
	isb();								\
	par_ = read_sysreg(par_el1);					\
	local_irq_restore(flags_);					\
	par_;								\
})

/* The bits of the frame. */
#define XDT_PAR_FRAME	GENMASK_ULL(47, PAGE_SHIFT)

/* Translate for a read of the kernel; bit 0 is set if there is no translation. */
static inline u64 xdt_par(const void *addr)
{
	return xdt_at("s1e1r", addr);
}

/* Translate for a read of user space. */
static inline u64 xdt_user_par(unsigned long addr)
{
	return xdt_at("s1e0r", addr);
}

static inline unsigned long xdt_caller(struct pt_regs *regs)
{
	return regs->regs[30];
}

/* Get the arguments (phys_addr_t, size_t) that follow @after pointers. */
static inline void xdt_range(struct pt_regs *regs, unsigned int after,
			     phys_addr_t *phys, size_t *size)
{
	*phys = regs->regs[after];
	*size = regs->regs[after + 1];
}

/* Return the n-th argument, if none is wider than a register. */
static inline unsigned long xdt_arg(struct pt_regs *regs, unsigned int n)
{
	return regs->regs[n];
}

static inline void xdt_return(struct pt_regs *regs, u64 value)
{
	regs->regs[0] = value;
}

#else /* CONFIG_ARM */

/* The bits of the frame in its lower half. */
#define XDT_PAR_FRAME	GENMASK_ULL(31, PAGE_SHIFT)

static inline u64 xdt_par(const void *addr)
{
	unsigned long flags;
	u32 par;

	local_irq_save(flags);
	asm volatile("mcr p15, 0, %0, c7, c8, 0" : : "r" (addr));	/* ATS1CPR */
	isb();
	asm volatile("mrc p15, 0, %0, c7, c4, 0" : "=r" (par));	/* PAR */
	local_irq_restore(flags);
	return par;
}

/* With LPAE, PAR has the same fields as on arm64. */
static inline u64 xdt_user_par(unsigned long addr)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	asm volatile("mcr p15, 0, %0, c7, c8, 2" : : "r" (addr));	/* ATS1CUR */
	isb();
	asm volatile("mrrc p15, 0, %Q0, %R0, c7" : "=r" (par));		/* PAR */
	local_irq_restore(flags);
	return par;
}

static inline unsigned long xdt_caller(struct pt_regs *regs)
{
	return regs->ARM_lr;
}

/* A 64-bit argument takes an even register and the next. */
static inline void xdt_range(struct pt_regs *regs, unsigned int after,
			     phys_addr_t *phys, size_t *size)
{
#ifdef CONFIG_PHYS_ADDR_T_64BIT
	unsigned int n = ALIGN(after, 2);

	*phys = regs->uregs[n] | (u64)regs->uregs[n + 1] << 32;
	*size = n + 2 < 4 ? regs->uregs[n + 2] : *(u32 *)regs->ARM_sp;
#else
	*phys = regs->uregs[after];
	*size = regs->uregs[after + 1];
#endif
}

static inline unsigned long xdt_arg(struct pt_regs *regs, unsigned int n)
{
	return regs->uregs[n];
}

/* Return a value in two registers, as for a phys_addr_t. */
static inline void xdt_return(struct pt_regs *regs, u64 value)
{
	regs->ARM_r0 = value;
	regs->ARM_r1 = value >> 32;
}
#endif

/*
 * Leave out the probed function; a pre_handler returns this.  The probe must have
 * the post_handler below: kprobes does not optimize such a probe to a jump.  A
 * jump would ignore the new instruction pointer.
 */
static inline int xdt_leave_out(struct pt_regs *regs)
{
	instruction_pointer_set(regs, xdt_caller(regs));
	return 1;
}

static inline void xdt_no_jump(struct kprobe *kp, struct pt_regs *regs,
			       unsigned long flags)
{
}

#endif /* XDT_MMU_H */
