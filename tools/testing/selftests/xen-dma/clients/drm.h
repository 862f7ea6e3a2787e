/* SPDX-License-Identifier: GPL-2.0 */
/* Displays and their buffers, by the kernel's own interface. */
#ifndef XEN_DMA_CLIENTS_DRM_H
#define XEN_DMA_CLIENTS_DRM_H

#include <stddef.h>
#include <stdint.h>
#include <drm/drm.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_mode.h>

#include "test_modules/picture.h"

struct dumb {
	int fd;			/* of the card */
	uint32_t handle, pitch;
	size_t size;
	uint32_t format;	/* DRM_FORMAT_*; 0: DRM_FORMAT_XRGB8888 */
};

/* All but dumb_create() end the test as failed if the kernel returns an error. */
int card_open(const char *name);
void card_bus_id(const char *name, char *bus_id, size_t size);
uint32_t connector_of(int fd);
struct dumb dumb_get(int fd);
int dumb_create(int fd, struct dumb *d);	/* returns 0 or an error number */
uint8_t *dumb_map(const struct dumb *d);
int dmabuf_of(const struct dumb *d);		/* exports @d */
struct dumb dumb_import(int fd, int dmabuf);
void dumb_close(const struct dumb *d);
void dmabuf_sync(int dmabuf, uint64_t flags);
uint32_t show(const struct dumb *d);		/* sets a mode; returns the buffer's id */

/* Return the offset to map a buffer at; -1 with errno if there is none. */
int64_t map_offset(int fd, uint32_t handle);

/* Paint a picture that a person can recognize; each seed has another one. */
void paint(uint8_t *p, const struct dumb *d, unsigned int seed);

/* Count the bytes that differ from the painted picture. */
size_t wrong_bytes(const uint8_t *p, const struct dumb *d, unsigned int seed);

/* Return the CRC-32 of the painted picture: the rig compares it with the memory. */
uint32_t painted_crc32(const struct dumb *d, unsigned int seed);

#endif /* XEN_DMA_CLIENTS_DRM_H */
