/* SPDX-License-Identifier: GPL-2.0 */
/* A second domain; dom0 maps its frames for a device. */
#ifndef XEN_DMA_CLIENTS_GUEST_H
#define XEN_DMA_CLIENTS_GUEST_H

/* Add the tests. */
void guest_add(void);

#endif /* XEN_DMA_CLIENTS_GUEST_H */
