/* SPDX-License-Identifier: GPL-2.0 */
/* Work of a backend, for a rig that counts the instructions of the machine. */
#ifndef XEN_DMA_CLIENTS_RATE_H
#define XEN_DMA_CLIENTS_RATE_H

/* Add the tests. */
void rate_add(void);

#endif /* XEN_DMA_CLIENTS_RATE_H */
