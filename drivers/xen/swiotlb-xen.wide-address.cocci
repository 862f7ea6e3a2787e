// SPDX-License-Identifier: GPL-2.0
// drivers/xen/swiotlb-xen.c: widen a frame number before it is shifted.

@@
typedef phys_addr_t;
identifier xen_pfn;
symbol XEN_PAGE_SHIFT;
@@
  xen_bus_to_phys(...)
  {
  <...
-(xen_pfn << XEN_PAGE_SHIFT)
+((phys_addr_t)xen_pfn << XEN_PAGE_SHIFT)
  ...>
  }
