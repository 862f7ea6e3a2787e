// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: the accessor of newer kernels for vm_pgoff, in
// what swiotlb-xen.mmap.cocci has added.

virtual context
virtual patch

@site depends on context@
symbol off;
struct vm_area_struct *vma;
@@
  xen_swiotlb_dma_mmap(...)
  {
	...
*	unsigned long off = vma->vm_pgoff;
	...
  }

@accessor depends on patch@
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
