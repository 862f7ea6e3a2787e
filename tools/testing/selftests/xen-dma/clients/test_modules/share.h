/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Pictures that a second domain shares with dom0 without a copy.  dom0 maps a page
 * of that domain, and writes its orders there.
 */
#ifndef XEN_DMA_CLIENTS_SHARE_H
#define XEN_DMA_CLIENTS_SHARE_H

#include <linux/types.h>

#include "grants.h"
#include "picture.h"

#define SHARE_DOMID	1		/* the first domain that Xen makes after dom0 */
#define SHARE_BYTES	(WIDTH * HEIGHT * 4)
#define SHARE_PAGES	(SHARE_BYTES / 4096)

/* References of that domain: those of the other test come first. */
#define SHARE_FIRST	(8 + GRANTS_PAGES)
#define SHARE_REF_ORDERS	SHARE_FIRST
#define SHARE_REF(buffer, page)	(SHARE_FIRST + 1 + (buffer) * SHARE_PAGES + (page))

/* Buffers of that domain: one piece of machine memory, or pages in any order. */
enum share_buffer { SHARE_ONE_PIECE, SHARE_SCATTERED, SHARE_BUFFERS };

enum share_order { SHARE_DONE, SHARE_PAINT, SHARE_CHECK };

struct share_orders {
	__u32 order;			/* enum share_order, written last */
	__u32 seed;			/* of the picture */
	__u32 buffer;			/* to paint: enum share_buffer */
	__s32 status;			/* out: 0 or a negative errno; -EACCES: Xen refuses */
	__u32 wrong;			/* out: pixels that are not the picture's */
	__u32 refs[SHARE_PAGES];	/* to check: references of dom0 */
};

#endif /* XEN_DMA_CLIENTS_SHARE_H */
