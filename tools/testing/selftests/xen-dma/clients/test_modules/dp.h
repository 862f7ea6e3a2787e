/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_CLIENTS_DP_H
#define XEN_DMA_CLIENTS_DP_H

/* On a board without a DisplayPort controller, do nothing. */
int dp_init(void);
void dp_exit(void);

#endif /* XEN_DMA_CLIENTS_DP_H */
