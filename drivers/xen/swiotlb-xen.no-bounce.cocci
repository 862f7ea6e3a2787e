// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: never bounce what cannot be copied.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
expression list ES;
@@
 if (<+... dma_capable(ES) ...+>)
	goto done;
*trace_swiotlb_bounced(...);

@bounce depends on patch@
expression list ES;
symbol done, dev, phys, size, attrs, DMA_ATTR_NO_WARN, DMA_MAPPING_ERROR;
@@
 if (<+... dma_capable(ES) ...+>)
	goto done;
+
+	if (!xen_swiotlb_can_copy(phys, size)) {
+		bool own = dma_in_dev_coherent(dev, phys, size);
+
+		if (own && dma_capable(ES))
+			goto done;
+		if (!(attrs & DMA_ATTR_NO_WARN))
+			dev_warn_ratelimited(dev,
+					     "%pa+%zu needs a bounce buffer, but cannot be copied\n",
+					     &phys, size);
+		return DMA_MAPPING_ERROR;
+	}
 trace_swiotlb_bounced(...);
