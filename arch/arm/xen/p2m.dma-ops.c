// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/p2m.c: dma.c depends on a flag.

//@ before if (likely(set_phys_to_machine(map_ops[i].host_addr >> XEN_PAGE_SHIFT,
		/* gnttab_map_refs() has set PG_foreign: dma.c asks for it first. */
//@ end
