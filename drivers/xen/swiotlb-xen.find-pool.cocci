// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: whether an address is local is a question for x86.

@@
symbol paddr;
@@
-pfn_valid(PFN_DOWN(paddr))
+!IS_ENABLED(CONFIG_X86) || pfn_valid(PFN_DOWN(paddr))
