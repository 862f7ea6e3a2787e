// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: the device's own pool has no bounce buffer.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
expression list ES;
@@
* xen_swiotlb_sync_for_cpu(ES);

@own depends on patch@
expression list ES;
@@
-xen_swiotlb_sync_for_cpu(ES);
+if (!xen_swiotlb_sync_for_cpu(ES))
+	return;
