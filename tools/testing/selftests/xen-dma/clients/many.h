/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_CLIENTS_MANY_H
#define XEN_DMA_CLIENTS_MANY_H

/* Add the tests that create and destroy 50 domains. */
void many_add(void);

#endif /* XEN_DMA_CLIENTS_MANY_H */
