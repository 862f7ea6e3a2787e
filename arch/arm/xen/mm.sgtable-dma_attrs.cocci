// SPDX-License-Identifier: GPL-2.0
//
// arch/arm/xen/mm.c: attributes are a struct before 4.8.  For mm.sgtable-by-arch.cocci.

virtual context
virtual patch

@site depends on context@
symbol attrs;
@@
  xen_swiotlb_dma_get_sgtable(...,
*	unsigned long attrs
	)
  {
	...
  }

@pointer depends on patch@
symbol attrs;
@@
  xen_swiotlb_dma_get_sgtable(...,
-	unsigned long attrs
+	struct dma_attrs *attrs
	)
  {
	...
  }
