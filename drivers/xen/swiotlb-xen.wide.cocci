// SPDX-License-Identifier: GPL-2.0
//
// drivers/xen/swiotlb-xen.c: frame numbers are wider than a long, shifted.
//
// Mode context marks the lines that have to change: they are counted.  Mode
// patch changes them.

virtual context
virtual patch

@site depends on context@
identifier xen_pfn;
symbol XEN_PAGE_SHIFT;
@@
  xen_bus_to_phys(...)
  {
  ...
* (xen_pfn << XEN_PAGE_SHIFT)
  ...
  }

@wide depends on patch@
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
