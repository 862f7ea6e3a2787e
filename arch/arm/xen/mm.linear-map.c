// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: which memory is left to Xen.

//@ replace * Dom0 is mapped 1:1, and while the Linux page can span across multiple Xen
//@ until * dma-direct functions, otherwise we call the Xen specific version.
 * The domain is mapped 1:1, so the CPU maintains the caches of its own memory
 * through the linear map.  Xen maintains those of all other memory.  A Linux
 * page can span several Xen pages.  They are all local or all foreign.
