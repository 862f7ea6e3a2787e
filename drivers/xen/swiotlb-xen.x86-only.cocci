// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: arch/arm/xen/dma.c has what was for ARM.

@@
expression dev, attrs;
@@
(
-if (!dev_is_dma_coherent(dev)) { ... }
|
-if (!dev_is_dma_coherent(dev) && !(attrs & DMA_ATTR_SKIP_CPU_SYNC)) { ... }
)

@@
expression phys;
@@
-if (!IS_ENABLED(CONFIG_X86) && !xen_swiotlb_can_copy(phys)) { ... }

@@
expression needed, phys;
@@
-!(needed && xen_swiotlb_can_copy(phys))
+!needed

@@
expression other;
@@
-!IS_ENABLED(CONFIG_X86) || other
+other

@@
type R, T;
identifier phys;
@@
-static R xen_swiotlb_can_copy(T phys) { ... }
