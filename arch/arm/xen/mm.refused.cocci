// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: say when Xen refuses.

@@
symbol GNTTABOP_cache_flush, cflush, dev, ret;
@@
-HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &cflush, 1);
+ret = HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &cflush, 1);
+if (unlikely(ret))
+	dev_notice_ratelimited(dev,
+			       "Xen refuses cache maintenance at %#llx: %d\n",
+			       cflush.a.dev_bus_addr, ret);
