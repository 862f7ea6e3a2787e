// SPDX-License-Identifier: GPL-2.0
// kernel/dma/direct.h: the prototype moves to include/linux/dma-direct.h.

@@
@@
-dma_addr_t dma_direct_map_phys(...);
