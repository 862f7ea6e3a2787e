// SPDX-License-Identifier: GPL-2.0
//
// arch/arm/xen/mm.c: user mappings are left to the architecture.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
symbol xen_swiotlb_dma_ops;
@@
  struct dma_map_ops xen_swiotlb_dma_ops = {
	...,
*	.dma_supported = xen_swiotlb_dma_supported,
	...,
  };

@by_arch depends on patch@
typedef dma_addr_t;
@@
+static int xen_swiotlb_dma_mmap(struct device *dev, struct vm_area_struct *vma,
+		void *cpu_addr, dma_addr_t dma_addr, size_t size,
+		unsigned long attrs)
+{
+	struct dma_map_ops *ops = __generic_dma_ops(dev);
+
+	if (ops->mmap)
+		return ops->mmap(dev, vma, cpu_addr, dma_addr, size, attrs);
+	return dma_common_mmap(dev, vma, cpu_addr, dma_addr, size);
+}
+
  struct dma_map_ops xen_swiotlb_dma_ops = {
	.dma_supported = xen_swiotlb_dma_supported,
+	.mmap = xen_swiotlb_dma_mmap,
  };

@comment depends on by_arch@
@@
+/* The buffer was allocated there, where its CPU address is known, too. */
  xen_swiotlb_dma_mmap(...)
  {
	...
  }
