// SPDX-License-Identifier: GPL-2.0
// kernel/dma/direct.h: the prototype moves to include/linux/dma-direct.h.

@@
@@
-int dma_direct_mmap(...);
