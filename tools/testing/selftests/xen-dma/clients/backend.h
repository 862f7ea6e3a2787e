/* SPDX-License-Identifier: GPL-2.0 */
/* A domain that xl makes; blkback gives it a disk of dom0. */
#ifndef XEN_DMA_CLIENTS_BACKEND_H
#define XEN_DMA_CLIENTS_BACKEND_H

#include <stddef.h>

#define BACKEND_DISK		"/dev/vda"
#define BACKEND_PERSISTENT	"/sys/module/xen_blkback/parameters/feature_persistent"
#define BACKEND_DEVICES		"/sys/bus/xen-backend/devices"
#define BACKEND_CREATE		"xl create /etc/xen/disk.cfg"

/* The domains besides dom0 that Xen has made. */
extern int backend_others;

/* Add the tests. */
void backend_add(void);

/* Start the daemons of the toolstack. */
void backend_start(const void *arg);

/* Run a command line, or end the test as failed. */
void backend_command(const char *line);

/* Destroy the domain that a failed test may have left. */
void backend_remove(void);

/* Wait until nothing is left of all domains. */
void backend_is_gone(void);

/* Wait until @bytes more have been written to the disk. */
void backend_wait(size_t bytes);

#endif /* XEN_DMA_CLIENTS_BACKEND_H */
