// SPDX-License-Identifier: GPL-2.0
// arch/x86/include/asm/xen/page.h: swiotlb-xen.c does not ask for it any more.

@@
type R, P, D;
identifier dev, phys, addr;
@@
-static inline R xen_arch_need_swiotlb(struct device *dev, P phys, D addr) { ... }
