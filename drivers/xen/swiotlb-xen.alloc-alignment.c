// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: only the allocation of x86 asks for alignment.

//@ before static inline bool range_requires_alignment(phys_addr_t p, size_t size)
#ifdef CONFIG_X86
//@ after return IS_ALIGNED(p, algn) && !IS_ALIGNED(bus_addr, algn);
//@ then }
#endif /* CONFIG_X86 */
