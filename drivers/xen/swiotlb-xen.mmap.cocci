// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: user mappings take their PFN from the DMA address.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.  The comment has a rule of its own because spatch lays out
// a function badly that comes with one.

virtual context
virtual patch

@site depends on context@
symbol xen_swiotlb_dma_ops, dma_common_mmap;
@@
  const struct dma_map_ops xen_swiotlb_dma_ops = {
*	.mmap = dma_common_mmap,
  };

@mmap depends on patch@
typedef bool, dma_addr_t;
@@
+static int xen_swiotlb_dma_mmap(struct device *dev, struct vm_area_struct *vma,
+		void *cpu_addr, dma_addr_t dma_addr, size_t size,
+		unsigned long attrs)
+{
+	unsigned long count = PAGE_ALIGN(size) >> PAGE_SHIFT;
+	unsigned long user_count = vma_pages(vma);
+	unsigned long off = vma->vm_pgoff;
+	int ret = -ENXIO;
+
+	vma->vm_page_prot = dma_pgprot(dev, vma->vm_page_prot, attrs);
+
+	if (dma_mmap_from_dev_coherent(dev, vma, cpu_addr, size, &ret))
+		return ret;
+
+	if (off >= count || user_count > count - off)
+		return -ENXIO;
+
+	return remap_pfn_range(vma, vma->vm_start,
+			       PHYS_PFN(xen_dma_to_phys(dev, dma_addr)) + off,
+			       user_count << PAGE_SHIFT, vma->vm_page_prot);
+}
+
  const struct dma_map_ops xen_swiotlb_dma_ops = {
-	.mmap = dma_common_mmap,
+	.mmap = xen_swiotlb_dma_mmap,
  };

@comment depends on mmap@
@@
+/*
+ * The page comes from the DMA address: what dma_alloc_attrs() returned as CPU
+ * address need not be one, see DMA_ATTR_NO_KERNEL_MAPPING.  On x86 the DMA
+ * address is a machine address, and user space wants the local frame.
+ */
  xen_swiotlb_dma_mmap(...)
  {
	...
  }
