// SPDX-License-Identifier: GPL-2.0
/*
 * The fault detector, and counts of what the DMA operations do.
 *
 * An emulated CPU may do nothing for a cache operation by address, not even
 * translate it, where silicon takes a translation fault.  So ask the MMU about
 * every page of every range that reaches the architecture's cache maintenance,
 * and of every range that swiotlb is to copy, before it happens.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-map-ops.h>
#include <linux/highmem.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <xen/interface/grant_table.h>

#include "mmu.h"
#include "xdt.h"

static bool detector = true;
module_param(detector, bool, 0);
MODULE_PARM_DESC(detector, "Off only to measure: it costs instructions");

static bool avert = true;
module_param(avert, bool, 0);
MODULE_PARM_DESC(avert, "Refuse a bounce buffer whose copy would fault");

static DEFINE_SPINLOCK(xdt_lock);
static struct xdt_seen xdt_seen;

/* Hits that are also told in the kernel's log. */
#define XDT_SAID		8
static unsigned int xdt_said;

/* Highmem is maintained through a mapping made for it, not the linear one. */
static bool xdt_has_kmap(phys_addr_t phys)
{
	return IS_ENABLED(CONFIG_HIGHMEM) && pfn_valid(PHYS_PFN(phys)) &&
	       PageHighMem(pfn_to_page(PHYS_PFN(phys))) &&
	       !PageReserved(pfn_to_page(PHYS_PFN(phys)));
}

static __printf(1, 2) void xdt_hit(const char *fmt, ...)
{
	char text[sizeof(xdt_seen.first)];
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!xdt_seen.hits++)
		memcpy(xdt_seen.first, text, sizeof(text));
	if (xdt_said++ < XDT_SAID)
		pr_err("%s\n", text);
}

/* Returns the number of pages without translation. */
static unsigned int xdt_check(const char *what, unsigned long caller,
			      phys_addr_t phys, size_t size)
{
	phys_addr_t first = phys & PAGE_MASK, last = (phys + size - 1) & PAGE_MASK;
	unsigned int bad = 0, n = 0;
	unsigned long flags;
	phys_addr_t at;
	u64 par = 0;

	/* A range that wraps, or has no end, is seen at its first pages. */
	for (at = first; n < XDT_MAX_PAGES; at += PAGE_SIZE) {
		u64 now = xdt_has_kmap(at) ? 0 : xdt_par(phys_to_virt(at));

		n++;
		if (now & 1) {
			par = bad ? par : now;
			bad++;
		}
		if (at == last)
			break;
	}

	spin_lock_irqsave(&xdt_lock, flags);
	xdt_seen.pages += n;
	if (bad)
		xdt_hit("%s of 0x%llx+%zu, called by %ps: no translation (PAR 0x%llx)",
			what, (u64)phys, size, (void *)caller, par);
	spin_unlock_irqrestore(&xdt_lock, flags);
	return bad;
}

static int xdt_sync_handler(struct kprobe *kp, struct pt_regs *regs)
{
	unsigned long flags;
	phys_addr_t phys;
	size_t size;

	spin_lock_irqsave(&xdt_lock, flags);
	xdt_seen.syncs++;
	spin_unlock_irqrestore(&xdt_lock, flags);
	xdt_range(regs, 0, &phys, &size);
	xdt_check(kp->symbol_name, xdt_caller(regs), phys, size);
	return 0;
}

/*
 * The copy would fault here as well, and end the run: refuse the mapping in
 * place of swiotlb, so that the next test can run.
 */
static int xdt_bounce_handler(struct kprobe *kp, struct pt_regs *regs)
{
	unsigned long caller = xdt_caller(regs);
	phys_addr_t phys;
	size_t size;

	xdt_range(regs, 1, &phys, &size);
	if (!xdt_check(kp->symbol_name, caller, phys, size) || !avert)
		return 0;
	regs_set_return_value(regs, DMA_MAPPING_ERROR);
	instruction_pointer_set(regs, caller);
	return 1;
}

/* A range without end, for which Xen would be asked page by page for years. */
static int xdt_xen_handler(struct kprobe *kp, struct pt_regs *regs)
{
	phys_addr_t dma;
	unsigned long flags;
	size_t size;

	xdt_range(regs, 1, &dma, &size);
	if (size <= XDT_MAX_PAGES * PAGE_SIZE)
		return 0;
	spin_lock_irqsave(&xdt_lock, flags);
	xdt_hit("%s of 0x%llx+%zu, called by %ps: without end", kp->symbol_name,
		(u64)dma, size, (void *)xdt_caller(regs));
	spin_unlock_irqrestore(&xdt_lock, flags);
	instruction_pointer_set(regs, xdt_caller(regs));
	return 1;
}

static struct kprobe xdt_probes[] = {
	{ .symbol_name = "arch_sync_dma_for_device", .pre_handler = xdt_sync_handler },
	{ .symbol_name = "arch_sync_dma_for_cpu", .pre_handler = xdt_sync_handler },
	{ .symbol_name = "xen_dma_sync_for_device", .pre_handler = xdt_xen_handler },
	{ .symbol_name = "xen_dma_sync_for_cpu", .pre_handler = xdt_xen_handler },
	{ .symbol_name = "swiotlb_tbl_map_single", .pre_handler = xdt_bounce_handler },
};

static int xdt_hypercall_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	/* Non-zero: its return is of no interest. */
	return xdt_arg0(regs) != GNTTABOP_cache_flush;
}

static int xdt_hypercall_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	int ret = regs_return_value(regs);
	unsigned long flags;

	spin_lock_irqsave(&xdt_lock, flags);
	xdt_seen.flushes++;
	if (ret) {
		xdt_seen.refused++;
		xdt_seen.code = ret;
	}
	spin_unlock_irqrestore(&xdt_lock, flags);
	return 0;
}

static struct kretprobe xdt_hypercall = {
	.kp.symbol_name = "HYPERVISOR_grant_table_op",
	.entry_handler = xdt_hypercall_entry,
	.handler = xdt_hypercall_return,
	.maxactive = 32,
};

/* What was seen since the last time; it is forgotten. */
void xdt_seen_take(struct xdt_seen *seen)
{
	unsigned long flags;

	spin_lock_irqsave(&xdt_lock, flags);
	*seen = xdt_seen;
	memset(&xdt_seen, 0, sizeof(xdt_seen));
	spin_unlock_irqrestore(&xdt_lock, flags);
	seen->missed = xdt_hypercall.nmissed;
}

/* Do what must not be done, as the operations under test might. */
int xdt_provoke(const struct xdt_provoke *p)
{
	void (*sync)(phys_addr_t phys, size_t size, enum dma_data_direction dir);

	if (!detector)
		return -EOPNOTSUPP;
	sync = (void *)xdt_probes[0].addr;
	sync(p->phys, p->size, DMA_TO_DEVICE);
	return 0;
}

/* For a measurement, which has no detector. */
int xdt_count_hypercalls(bool on)
{
	if (detector)
		return -EBUSY;
	if (!on) {
		unregister_kretprobe(&xdt_hypercall);
		/* So that it can be registered again. */
		xdt_hypercall.kp.addr = NULL;
		xdt_hypercall.kp.flags = 0;
		return 0;
	}
	return register_kretprobe(&xdt_hypercall);
}

int __init xdt_detector_init(void)
{
	unsigned int i;
	int ret;

	if (!detector)
		return 0;
	ret = register_kretprobe(&xdt_hypercall);
	for (i = 0; !ret && i < ARRAY_SIZE(xdt_probes); i++)
		ret = register_kprobe(&xdt_probes[i]);
	if (ret)
		pr_err("no fault detector: %d\n", ret);
	return ret;
}
