// SPDX-License-Identifier: GPL-2.0
/*
 * The cookie of a buffer without kernel mapping.  A kernel that clears the memory
 * at a cookie clears struct pages.  A kernel that looks up the page of a cookie
 * finds a wrong page.  Prevent both here, so that the rest of the run is valid.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "mmu.h"
#include "xdt.h"

/* Return the address of a symbol without export, from kprobes. */
void *xdt_symbol(const char *name)
{
	struct kprobe kp = { .symbol_name = name };
	void *addr;

	if (register_kprobe(&kp))
		return NULL;
	addr = kp.addr;
	unregister_kprobe(&kp);
	return addr;
}

static bool xdt_is_struct_page(unsigned long addr)
{
	return pfn_valid(page_to_pfn((struct page *)addr));
}

static struct task_struct *xdt_allocating;
static u64 xdt_bytes;

static int xdt_memset_handler(struct kprobe *kp, struct pt_regs *regs)
{
	if (current != xdt_allocating || !xdt_is_struct_page(xdt_arg(regs, 0)))
		return 0;
	xdt_bytes += xdt_arg(regs, 2);
	return xdt_leave_out(regs);
}

static void *xdt_direct_free;

/* Call dma_direct_free() instead, which is right and has the same arguments. */
static int xdt_free_handler(struct kprobe *kp, struct pt_regs *regs)
{
	if (!xdt_is_struct_page(xdt_arg(regs, 2)))
		return 0;
	instruction_pointer_set(regs, (unsigned long)xdt_direct_free);
	return 1;
}

static struct kprobe xdt_memset = {
	.symbol_name = "memset",
	.pre_handler = xdt_memset_handler,
	.post_handler = xdt_no_jump,
	.flags = KPROBE_FLAG_DISABLED,
};

static struct kprobe xdt_free_coherent = {
	.symbol_name = "xen_swiotlb_free_coherent",
	.pre_handler = xdt_free_handler,
	.post_handler = xdt_no_jump,
};

/* Only kernels with that header allocate by themselves, not by dma-direct. */
bool xdt_cookie_is_watched(void)
{
#if __has_include("asm/xen/page-coherent.h")
	return true;
#else
	return false;
#endif
}

/* Probe memset() for one allocation only: it has too many callers. */
void xdt_cookie_begin(void)
{
	if (!xdt_cookie_is_watched())
		return;
	xdt_bytes = 0;
	xdt_allocating = current;
	enable_kprobe(&xdt_memset);
}

/* Return the number of bytes of struct pages that were to be cleared. */
u64 xdt_cookie_end(void)
{
	if (!xdt_cookie_is_watched())
		return 0;
	disable_kprobe(&xdt_memset);
	xdt_allocating = NULL;
	return xdt_bytes;
}

static bool xdt_frees;

void __init xdt_cookie_exit(void)
{
	if (!xdt_cookie_is_watched())
		return;
	unregister_kprobe(&xdt_memset);
	if (xdt_frees)
		unregister_kprobe(&xdt_free_coherent);
}

int __init xdt_cookie_init(void)
{
	int ret;

	if (!xdt_cookie_is_watched())
		return 0;
	xdt_direct_free = xdt_symbol("dma_direct_free");
	if (!xdt_direct_free)
		return -ENOENT;
	ret = register_kprobe(&xdt_memset);
	/* A kernel without the function has no such fault. */
	if (!ret && xdt_symbol(xdt_free_coherent.symbol_name)) {
		ret = register_kprobe(&xdt_free_coherent);
		xdt_frees = !ret;
	}
	if (ret)
		pr_err("cannot watch cookies: %d\n", ret);
	return ret;
}
