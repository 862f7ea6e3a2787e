/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Remote processors, which echo messages.  Their pools are "static" or "dynamic".
 * The pool of "shifted" has a device address that is not the physical one.
 */
#ifndef XEN_DMA_CLIENTS_REMOTE_H
#define XEN_DMA_CLIENTS_REMOTE_H

/* Wait until the remote processors have announced themselves, which maps buffers. */
void remote_settle(void);

/* Tests: the wait has ended; and, as the last, no hit was outside of tests. */
void remote_is_there(const void *arg);
void remote_elsewhere(const void *arg);

void remote_echo(const void *label);
void remote_dies(const void *label);
void remote_address(const void *label);

#endif /* XEN_DMA_CLIENTS_REMOTE_H */
