// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: round down without a mask of 32 bits.

@@
identifier handle, cflush;
symbol XEN_PAGE_MASK;
@@
 cflush.offset = xen_offset_in_page(handle);
 ...
-handle &= XEN_PAGE_MASK;
+handle -= cflush.offset;
