/* SPDX-License-Identifier: GPL-2.0 */
/* A domain that xl makes; blkback gives it a disk of dom0. */
#ifndef XEN_DMA_CLIENTS_BACKEND_H
#define XEN_DMA_CLIENTS_BACKEND_H

/* Add the tests. */
void backend_add(void);

#endif /* XEN_DMA_CLIENTS_BACKEND_H */
