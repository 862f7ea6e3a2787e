/* SPDX-License-Identifier: GPL-2.0 */
/* The contents of the frames that two domains share. */
#ifndef XEN_DMA_CLIENTS_FRAMES_H
#define XEN_DMA_CLIENTS_FRAMES_H

#include <linux/compiler.h>
#include <linux/mm.h>
#include <xen/interface/grant_table.h>

#include "grants.h"

#define FIRST_REF	GNTTAB_NR_RESERVED_ENTRIES
#define GUEST_DOMID	1	/* the first domain that Xen makes after dom0 */

enum { DOM0 = 1, GUEST };
enum { STATE_READY, STATE_WRITTEN };

struct frame {
	u32 state, wrong;	/* in the first frame: see guest.c */
	u32 words[PAGE_SIZE / 4 - 2];
};

static inline u32 frame_word(u32 number, u32 by, u32 i)
{
	return number * 2654435761u + by * 40503u + i;
}

static inline void frame_write(struct frame *f, u32 number, u32 by)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(f->words); i++)
		WRITE_ONCE(f->words[i], frame_word(number, by, i));
}

static inline bool frame_is(struct frame *f, u32 number, u32 by)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(f->words); i++)
		if (READ_ONCE(f->words[i]) != frame_word(number, by, i))
			return false;
	return true;
}

int guest_init(void);
int share_init(void);
int grants_init(void);
void grants_exit(void);

#endif /* XEN_DMA_CLIENTS_FRAMES_H */
