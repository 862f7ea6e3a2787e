// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: the accessor of newer kernels for vm_pgoff, in
// what swiotlb-xen.mmap.cocci has added.

@site@
struct vm_area_struct *vma;
position p;
@@
  xen_swiotlb_dma_mmap(...)
  {
	...
	unsigned long off = vma@p->vm_pgoff;
	...
  }

@script:python@
p << site.p;
@@
print("site %s:%s" % (p[0].file, p[0].line))

@accessor depends on site@
struct vm_area_struct *vma;
@@
  xen_swiotlb_dma_mmap(...)
  {
	...
	unsigned long off =
-		vma->vm_pgoff
+		vma_start_pgoff(vma)
	;
	...
  }
