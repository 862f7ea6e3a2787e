// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: by whom caches are maintained is decided in one
// place for each direction: see swiotlb-xen.sync.ed.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site_device depends on context@
expression dev, dma_addr, phys, size, dir;
@@
(
*if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))) {
	arch_sync_dma_for_device(phys, size, dir);
	arch_sync_dma_flush();
 } else {
	xen_dma_sync_for_device(dev, dma_addr, size, dir);
 }
|
*if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))))
	arch_sync_dma_for_device(phys, size, dir);
 else
	xen_dma_sync_for_device(dev, dma_addr, size, dir);
)

@site_cpu depends on context@
expression dev, dma_addr, phys, size, dir;
@@
(
*if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))) {
	arch_sync_dma_for_cpu(phys, size, dir);
	arch_sync_dma_flush();
 } else {
	xen_dma_sync_for_cpu(dev, dma_addr, size, dir);
 }
|
*if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))))
	arch_sync_dma_for_cpu(phys, size, dir);
 else
	xen_dma_sync_for_cpu(dev, dma_addr, size, dir);
)

@for_device depends on patch@
expression dev, dma_addr, phys, size, dir;
@@
(
-if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))) {
-	arch_sync_dma_for_device(phys, size, dir);
-	arch_sync_dma_flush();
-} else {
-	xen_dma_sync_for_device(dev, dma_addr, size, dir);
-}
+xen_swiotlb_sync_for_device(dev, dma_addr, phys, size, dir);
|
-if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))))
-	arch_sync_dma_for_device(phys, size, dir);
-else
-	xen_dma_sync_for_device(dev, dma_addr, size, dir);
+xen_swiotlb_sync_for_device(dev, dma_addr, phys, size, dir);
)

@for_cpu depends on patch@
expression dev, dma_addr, phys, size, dir;
@@
(
-if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))) {
-	arch_sync_dma_for_cpu(phys, size, dir);
-	arch_sync_dma_flush();
-} else {
-	xen_dma_sync_for_cpu(dev, dma_addr, size, dir);
-}
+xen_swiotlb_sync_for_cpu(dev, dma_addr, phys, size, dir);
|
-if (pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr))))
-	arch_sync_dma_for_cpu(phys, size, dir);
-else
-	xen_dma_sync_for_cpu(dev, dma_addr, size, dir);
+xen_swiotlb_sync_for_cpu(dev, dma_addr, phys, size, dir);
)

@braces depends on for_device@
expression E;
expression list ES;
@@
  xen_swiotlb_sync_single_for_device(...)
  {
	...
-	if (E) {
-		xen_swiotlb_sync_for_device(ES);
-	}
+	if (E)
+		xen_swiotlb_sync_for_device(ES);
	...
  }
