// SPDX-License-Identifier: GPL-2.0
/*
 * The fault detector, and counts of the requests of the DMA operations.
 *
 * For a cache operation by address, a real CPU may take a translation fault.  An
 * emulated CPU may do nothing, not even translate the address.  So ask the MMU
 * for each page of a range, before the architecture maintains its caches, and
 * before swiotlb copies it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-map-ops.h>
#include <linux/highmem.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>

#include "mmu.h"
#include "xdt.h"

static bool detector = true;
module_param(detector, bool, 0);
MODULE_PARM_DESC(detector, "Off only to measure: it costs instructions");

static bool avert = true;
module_param(avert, bool, 0);
MODULE_PARM_DESC(avert, "Leave out what would fault, so that the run goes on");

static DEFINE_SPINLOCK(xdt_lock);
static struct xdt_seen xdt_seen;

/* Log only the first hits. */
#define XDT_SAID		8
static unsigned int xdt_said;

/* Highmem is maintained through a temporary mapping, not the linear map. */
static bool xdt_has_kmap(phys_addr_t phys)
{
	/* No test machine of 32 bits has memory, and struct pages, above 4 GiB. */
	return IS_ENABLED(CONFIG_HIGHMEM) && !upper_32_bits(phys) &&
	       pfn_valid(PHYS_PFN(phys)) && PageHighMem(pfn_to_page(PHYS_PFN(phys)));
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

/* Note a range that is too large: to maintain each page would take years. */
static bool xdt_endless(const char *what, unsigned long caller, u64 addr,
			size_t size)
{
	unsigned long flags;

	if (size <= XDT_MAX_PAGES * PAGE_SIZE)
		return false;
	spin_lock_irqsave(&xdt_lock, flags);
	xdt_hit("%s of 0x%llx+%zu, called by %ps: without end", what, addr, size,
		(void *)caller);
	spin_unlock_irqrestore(&xdt_lock, flags);
	return true;
}

/* Returns the number of pages without translation. */
static unsigned int xdt_check(const char *what, unsigned long caller,
			      phys_addr_t phys, size_t size)
{
	unsigned long pages = PFN_UP(offset_in_page(phys) + size);
	phys_addr_t at = phys & PAGE_MASK;
	unsigned int bad = 0, n;
	unsigned long flags;
	u64 par = 0;

	if (xdt_endless(what, caller, phys, size))
		return 1;
	for (n = 0; n < pages; n++, at += PAGE_SIZE) {
		u64 now;

		if (xdt_has_kmap(at))
			continue;
		now = xdt_par(phys_to_virt(at));
		/* Outside of the linear map, another frame may be mapped. */
		if (now & 1 || (now ^ at) & XDT_PAR_FRAME) {
			par = bad ? par : now;
			bad++;
		}
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
	if (!xdt_check(kp->symbol_name, xdt_caller(regs), phys, size) || !avert)
		return 0;
	return xdt_leave_out(regs);
}

/* Refuse the mapping in place of swiotlb: the copy would fault in QEMU, too. */
static int xdt_bounce_handler(struct kprobe *kp, struct pt_regs *regs)
{
	phys_addr_t phys;
	size_t size;

	xdt_range(regs, 1, &phys, &size);
	if (!xdt_check(kp->symbol_name, xdt_caller(regs), phys, size) || !avert)
		return 0;
	/* swiotlb returns a physical address, but on failure this value. */
	xdt_return(regs, DMA_MAPPING_ERROR);
	return xdt_leave_out(regs);
}

static int xdt_xen_handler(struct kprobe *kp, struct pt_regs *regs)
{
	phys_addr_t dma;
	size_t size;

	xdt_range(regs, 1, &dma, &size);
	if (!xdt_endless(kp->symbol_name, xdt_caller(regs), dma, size))
		return 0;
	return xdt_leave_out(regs);
}

#define XDT_BY_XEN		2	/* in the table below */

static struct kprobe xdt_probes[] = {
	{ .symbol_name = "arch_sync_dma_for_device", .pre_handler = xdt_sync_handler },
	{ .symbol_name = "arch_sync_dma_for_cpu", .pre_handler = xdt_sync_handler },
	{ .symbol_name = "xen_dma_sync_for_device", .pre_handler = xdt_xen_handler },
	{ .symbol_name = "xen_dma_sync_for_cpu", .pre_handler = xdt_xen_handler },
	{ .symbol_name = "swiotlb_tbl_map_single", .pre_handler = xdt_bounce_handler },
};

static int xdt_hypercall_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct gnttab_cache_flush *f = (void *)xdt_arg(regs, 1);
	unsigned long flags;
	u64 begin;

	/* Return non-zero: the return of the function is not probed. */
	if (xdt_arg(regs, 0) != GNTTABOP_cache_flush)
		return 1;

	/* Xen takes only the page of the address, and adds the offset. */
	begin = ALIGN_DOWN(f->a.dev_bus_addr, XEN_PAGE_SIZE) + f->offset;
	spin_lock_irqsave(&xdt_lock, flags);
	if (xdt_seen.flushed && begin != xdt_seen.next)
		xdt_seen.jumps++;
	xdt_seen.flushed += f->length;
	xdt_seen.next = begin + f->length;
	xdt_seen.ops |= f->op;
	spin_unlock_irqrestore(&xdt_lock, flags);
	return 0;
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

static unsigned long xdt_all_missed(void)
{
	unsigned long missed = xdt_hypercall.nmissed + xdt_hypercall.kp.nmissed;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(xdt_probes); i++)
		missed += xdt_probes[i].nmissed;
	return missed;
}

/* Take the hits and counts since the last call, and reset them. */
void xdt_seen_take(struct xdt_seen *seen)
{
	static unsigned long missed;
	unsigned long flags;

	spin_lock_irqsave(&xdt_lock, flags);
	*seen = xdt_seen;
	memset(&xdt_seen, 0, sizeof(xdt_seen));
	seen->missed = xdt_all_missed() - missed;
	missed += seen->missed;
	spin_unlock_irqrestore(&xdt_lock, flags);
}

/* Do a forbidden request, as the operations under test might. */
int xdt_provoke(struct xdt_dev *xdt, const struct xdt_provoke *p)
{
	void (*sync)(phys_addr_t phys, size_t size, enum dma_data_direction dir);
	void (*by_xen)(struct device *dev, dma_addr_t dma, size_t size,
		       enum dma_data_direction dir);

	if (!detector)
		return -EOPNOTSUPP;
	if (p->by_xen) {
		by_xen = (void *)xdt_probes[XDT_BY_XEN].addr;
		by_xen(xdt->dev, p->phys, p->size,
		       p->from_device ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
		return 0;
	}
	sync = (void *)xdt_probes[!!p->for_cpu].addr;
	sync(p->phys, p->size, DMA_TO_DEVICE);
	return 0;
}

/* Count hypercalls for a measurement, which has no detector. */
int xdt_count_hypercalls(bool on)
{
	if (detector)
		return -EBUSY;
	if (!on) {
		unregister_kretprobe(&xdt_hypercall);
		/* Allow another registration. */
		xdt_hypercall.kp.addr = NULL;
		xdt_hypercall.kp.flags = 0;
		return 0;
	}
	return register_kretprobe(&xdt_hypercall);
}

static unsigned int xdt_registered;
static bool xdt_counting;

/* Undo a failed load; the module is never unloaded. */
void __init xdt_detector_exit(void)
{
	while (xdt_registered)
		unregister_kprobe(&xdt_probes[--xdt_registered]);
	if (xdt_counting)
		unregister_kretprobe(&xdt_hypercall);
}

int __init xdt_detector_init(void)
{
	int ret;

	if (!detector)
		return 0;
	ret = register_kretprobe(&xdt_hypercall);
	xdt_counting = !ret;
	while (!ret && xdt_registered < ARRAY_SIZE(xdt_probes)) {
		xdt_probes[xdt_registered].post_handler = xdt_no_jump;
		ret = register_kprobe(&xdt_probes[xdt_registered]);
		xdt_registered += !ret;
	}
	if (ret) {
		pr_err("no fault detector: %d\n", ret);
		xdt_detector_exit();
	}
	return ret;
}
