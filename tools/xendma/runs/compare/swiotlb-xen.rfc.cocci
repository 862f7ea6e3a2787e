// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: no cache maintenance by the CPU of any memory, if the
// device has a private pool.  This is not a part of the series, but the condition of
// 20260415-xen-swiotlb-v1-1-de24eda3c0fd@nxp.com for a comparison.

@@
expression dev, dma_addr;
@@
 pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))
+&& !dev->dma_mem
