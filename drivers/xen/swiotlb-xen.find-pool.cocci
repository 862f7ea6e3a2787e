// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: which address is local is a question for x86.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
identifier paddr;
@@
* pfn_valid(PFN_DOWN(paddr))

@find_pool depends on patch@
identifier paddr;
@@
-pfn_valid(PFN_DOWN(paddr))
+!IS_ENABLED(CONFIG_X86) || pfn_valid(PFN_DOWN(paddr))
