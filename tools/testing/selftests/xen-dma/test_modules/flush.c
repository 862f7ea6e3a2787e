// SPDX-License-Identifier: GPL-2.0
/* The answer of Xen to a request to maintain the caches of a page. */
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "xdt.h"

int xdt_flush(struct xdt_flush *f)
{
	struct gnttab_cache_flush cflush = {
		.a.dev_bus_addr = f->phys,
		.length = XEN_PAGE_SIZE,
		.op = f->op,
	};

	BUILD_BUG_ON(XDT_FLUSH_CLEAN != GNTTAB_CACHE_CLEAN);
	BUILD_BUG_ON(XDT_FLUSH_INVAL != GNTTAB_CACHE_INVAL);
	f->ret = HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &cflush, 1);
	return 0;
}
