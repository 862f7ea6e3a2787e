/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* A picture that a person can recognize, for programs and for a second domain. */
#ifndef XEN_DMA_CLIENTS_PICTURE_H
#define XEN_DMA_CLIENTS_PICTURE_H

#include <linux/types.h>

#define WIDTH	640
#define HEIGHT	480

/* Return a pixel: eight bars of colour, below them a ramp of grey, and a border. */
static inline __u32 picture_pixel(unsigned int x, unsigned int y, unsigned int seed)
{
	unsigned int bar = (x * 8 / WIDTH + seed) % 8, grey = x * 255 / WIDTH;

	if (x < 8 || y < 8 || x >= WIDTH - 8 || y >= HEIGHT - 8)
		return (x / 8 + y / 8) % 2 ? 0xffffff : 0x000000;
	if (y >= HEIGHT * 3 / 4)
		return grey << 16 | grey << 8 | (y & 0xff);
	return (bar & 4 ? 0xff0000 : 0) | (bar & 2 ? 0xff00 : 0) | (bar & 1 ? 0xff : 0);
}

#endif /* XEN_DMA_CLIENTS_PICTURE_H */
