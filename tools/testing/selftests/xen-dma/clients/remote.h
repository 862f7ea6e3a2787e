/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Remote processors and what they send back.  Their pools are "static" or "dynamic";
 * that of "shifted" has a device address that is not the physical one.
 */
#ifndef XEN_DMA_CLIENTS_REMOTE_H
#define XEN_DMA_CLIENTS_REMOTE_H

/* They announce themselves when they like, and that maps buffers: waits for it. */
void remote_settle(void);

/* Tests: whether that ended; and, as the last, whether it and all else had no hit. */
void remote_is_there(const void *arg);
void remote_elsewhere(const void *arg);

void remote_echo(const void *label);
void remote_dies(const void *label);
void remote_address(const void *label);

#endif /* XEN_DMA_CLIENTS_REMOTE_H */
