// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: no cache maintenance by the CPU for any device that
// has a private pool, whatever memory it is.  Not part of the series: this is
// the condition of 20260415-xen-swiotlb-v1-1-de24eda3c0fd@nxp.com, to compare.

@@
expression dev, dma_addr;
@@
 pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))
+&& !dev->dma_mem
