// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: scatterlists take their page from the DMA address.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.  The comment has a rule of its own because spatch lays out
// a function badly that comes with one.

virtual context
virtual patch

@site depends on context@
symbol xen_swiotlb_dma_ops, dma_common_get_sgtable;
@@
  const struct dma_map_ops xen_swiotlb_dma_ops = {
*	.get_sgtable = dma_common_get_sgtable,
  };

@get_sgtable depends on patch@
typedef bool, dma_addr_t;
@@
+static int xen_swiotlb_dma_get_sgtable(struct device *dev, struct sg_table *sgt,
+		void *cpu_addr, dma_addr_t dma_addr, size_t size,
+		unsigned long attrs)
+{
+	phys_addr_t phys = xen_dma_to_phys(dev, dma_addr);
+	unsigned long pfn = PHYS_PFN(phys);
+	int ret;
+
+	if (!pfn_valid(pfn) || !pfn_valid(PHYS_PFN(phys + size - 1)))
+		return -ENXIO;
+
+	ret = sg_alloc_table(sgt, 1, GFP_KERNEL);
+	if (!ret)
+		sg_set_page(sgt->sgl, pfn_to_page(pfn), PAGE_ALIGN(size), 0);
+	return ret;
+}
+
  const struct dma_map_ops xen_swiotlb_dma_ops = {
-	.get_sgtable = dma_common_get_sgtable,
+	.get_sgtable = xen_swiotlb_dma_get_sgtable,
  };

@comment depends on get_sgtable@
@@
+/*
+ * As for mmap, the page comes from the DMA address.  Memory of a private pool
+ * may lie where the kernel has no struct page: that has no scatterlist.
+ */
  xen_swiotlb_dma_get_sgtable(...)
  {
	...
  }
