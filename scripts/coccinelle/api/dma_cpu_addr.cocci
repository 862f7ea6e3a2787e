// SPDX-License-Identifier: GPL-2.0-only
///
/// What dma_alloc_attrs() returns as CPU address need not be an address of the
/// linear map: it can be remapped, lie in a private pool, or be a cookie.  So
/// no page, PFN or physical address can be made of it; the DMA address has it.
///
/// And that a frame has a struct page, which is what pfn_valid() tells, does not
/// mean that the CPU can maintain its caches through the linear map.
///
// Confidence: Moderate
// Comments: A device that is known to be coherent, and a driver that exists for
// one architecture only, can be false positives.
// Options: --no-includes --include-headers

virtual context
virtual org
virtual report

// In the function that has allocated it.

@alloc exists@
expression cpu_addr, E;
position p;
identifier get =~ "^dmam?_alloc_(coherent|attrs|wc)$";
identifier make =~ "^(virt_to_(page|pfn|phys)|vmalloc_to_(page|pfn)|__pa|page_address)$";
@@
  cpu_addr = get(...)
  ... when != cpu_addr = E
  make@p(<+... cpu_addr ...+>)

// In an implementation of the DMA operations, which is given it.

@op@
identifier fn, dev, cpu_addr, dma_addr;
position p;
identifier make =~ "^(virt_to_(page|pfn|phys)|vmalloc_to_(page|pfn)|__pa|dma_common_vaddr_to_page)$";
@@
  fn(struct device *dev, ..., void *cpu_addr, dma_addr_t dma_addr, ...)
  {
  <+...
  make@p(<+... cpu_addr ...+>)
  ...+>
  }

// Before the caches are maintained.

@sync@
position p;
identifier maintain =~ "^arch_sync_dma_for_(device|cpu)$";
statement S;
@@
(
  if (<+... pfn_valid@p(...) ...+>) {
  <+...
  maintain(...);
  ...+>
  } else S
|
  if (<+... pfn_valid@p(...) ...+>)
	maintain(...);
  else S
|
  if (<+... pfn_valid@p(...) ...+>) {
  <+...
  maintain(...);
  ...+>
  }
|
  if (<+... pfn_valid@p(...) ...+>)
	maintain(...);
)

@depends on context@
identifier alloc.make;
expression E;
position alloc.p;
@@
* make@p(E)

@depends on context@
identifier op.make;
expression E;
position op.p;
@@
* make@p(E)

@depends on context@
position sync.p;
@@
* pfn_valid@p(...)

@script:python depends on org@
p << alloc.p;
make << alloc.make;
@@
coccilib.org.print_todo(p[0], f"{make}() of the CPU address of a DMA allocation")

@script:python depends on org@
p << op.p;
make << op.make;
@@
coccilib.org.print_todo(p[0], f"{make}() of the CPU address of a DMA buffer")

@script:python depends on org@
p << sync.p;
@@
coccilib.org.print_todo(p[0], "pfn_valid() does not tell what is in the linear map")

@script:python depends on report@
p << alloc.p;
make << alloc.make;
@@
coccilib.report.print_report(p[0], f"WARNING: {make}() of the CPU address of a DMA allocation")

@script:python depends on report@
p << op.p;
make << op.make;
@@
coccilib.report.print_report(p[0], f"WARNING: {make}() of the CPU address of a DMA buffer")

@script:python depends on report@
p << sync.p;
@@
coccilib.report.print_report(p[0], "WARNING: pfn_valid() does not tell what is in the linear map")
