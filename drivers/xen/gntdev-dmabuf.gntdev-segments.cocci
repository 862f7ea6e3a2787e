// SPDX-License-Identifier: GPL-2.0
// drivers/xen/gntdev-dmabuf.c: one entry of the scatterlist for each page.

@@
expression sgt, pages, n, offset, size, gfp;
symbol ret;
@@
+	/* Frames behind consecutive PFNs need not be consecutive. */
 ret =
-	sg_alloc_table_from_pages(sgt, pages, n, offset, size, gfp)
+	sg_alloc_table_from_pages_segment(sgt, pages, n, offset, size, PAGE_SIZE, gfp)
 ;
