// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: go on by page, not by length.

@@
identifier handle, cflush;
symbol XEN_PAGE_SIZE;
@@
-handle += cflush.length
+handle += XEN_PAGE_SIZE
