/* SPDX-License-Identifier: GPL-2.0 */
/* gntdev, and the orders to a second domain. */
#ifndef XEN_DMA_CLIENTS_ORDERS_H
#define XEN_DMA_CLIENTS_ORDERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* From Xen's headers, which gntdev.h relies on. */
typedef uint32_t grant_ref_t;
typedef uint16_t domid_t;
#include <xen/gntdev.h>

#include "test_modules/share.h"

#define GNTDEV		"/dev/xen/gntdev"

/* Return room for an argument of gntdev, of @size bytes and the references of a picture. */
void *argument(size_t size);

/* Map the page with the orders; wait until the domain has granted it. */
struct share_orders *orders_map(int gntdev);

/* Give the domain an order, and wait for it.  The caller has written the arguments. */
void order(struct share_orders *o, enum share_order order);

#endif /* XEN_DMA_CLIENTS_ORDERS_H */
