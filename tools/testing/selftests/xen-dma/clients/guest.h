/* SPDX-License-Identifier: GPL-2.0 */
/* A second domain, whose frames dom0 maps for a device. */
#ifndef XEN_DMA_CLIENTS_GUEST_H
#define XEN_DMA_CLIENTS_GUEST_H

unsigned int guest_count(void);		/* of tests */
void guest_run(void);

#endif /* XEN_DMA_CLIENTS_GUEST_H */
