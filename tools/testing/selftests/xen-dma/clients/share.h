/* SPDX-License-Identifier: GPL-2.0 */
/* Pictures that dom0 and a second domain share without a copy. */
#ifndef XEN_DMA_CLIENTS_SHARE_TESTS_H
#define XEN_DMA_CLIENTS_SHARE_TESTS_H

/* Add the tests: those of frames of the domain, and then those of frames of dom0. */
void share_add(void);
void give_add(void);

/* Show a picture of the domain, call @destroy, which ends the domain, and look again. */
void share_while(void (*destroy)(void));

#endif /* XEN_DMA_CLIENTS_SHARE_TESTS_H */
