// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "file.h"
#include "../outcome.h"
#include "drm.h"

/*
 * Return the number of the card, and the kernel's name for its device.  @name is a part
 * of that name, or the name of the driver.
 */
static int find_card(const char *name, char *bus_id, size_t size)
{
	char path[64], device[256], driver[256];
	ssize_t n;
	int i;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/sys/class/drm/card%d/device", i);
		n = readlink(path, device, sizeof(device) - 1);
		if (n < 0)
			continue;
		device[n] = 0;
		snprintf(path, sizeof(path), "/sys/class/drm/card%d/device/driver", i);
		n = readlink(path, driver, sizeof(driver) - 1);
		driver[n < 0 ? 0 : n] = 0;
		if (!strstr(device, name) && strcmp(basename(driver), name))
			continue;
		snprintf(bus_id, size, "%s", basename(device));
		return i;
	}
	fail("there is no display %s", name);
}

int card_open(const char *name)
{
	char path[64], bus_id[64];

	snprintf(path, sizeof(path), "/dev/dri/card%d",
		 find_card(name, bus_id, sizeof(bus_id)));
	return file_open(path, O_RDWR);
}

void card_bus_id(const char *name, char *bus_id, size_t size)
{
	find_card(name, bus_id, size);
}

int dumb_create(int fd, struct dumb *d)
{
	struct drm_mode_create_dumb c = { .width = WIDTH, .height = HEIGHT, .bpp = 32 };

	if (ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &c))
		return errno;
	d->fd = fd;
	d->handle = c.handle;
	d->pitch = c.pitch;
	d->size = c.size;
	d->format = 0;
	return 0;
}

struct dumb dumb_get(int fd)
{
	struct dumb d;
	int error = dumb_create(fd, &d);

	if (error)
		fail("DRM_IOCTL_MODE_CREATE_DUMB: %s", strerror(error));
	return d;
}

int64_t map_offset(int fd, uint32_t handle)
{
	struct drm_mode_map_dumb m = { .handle = handle };

	return ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &m) ? -1 : (int64_t)m.offset;
}

uint8_t *dumb_map(const struct dumb *d)
{
	int64_t offset = map_offset(d->fd, d->handle);
	uint8_t *p;

	if (offset < 0)
		fail("DRM_IOCTL_MODE_MAP_DUMB: %s", strerror(errno));
	p = mmap(NULL, d->size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, offset);
	if (p == MAP_FAILED)
		fail("mmap of the dumb buffer: %s", strerror(errno));
	return p;
}

int dmabuf_of(const struct dumb *d)
{
	struct drm_prime_handle h = { .handle = d->handle, .flags = DRM_RDWR | DRM_CLOEXEC };

	file_call(d->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &h, "DRM_IOCTL_PRIME_HANDLE_TO_FD");
	return h.fd;
}

struct dumb dumb_import(int fd, int dmabuf)
{
	struct drm_prime_handle h = { .fd = dmabuf };
	struct dumb d = { .fd = fd, .pitch = WIDTH * 4, .size = WIDTH * 4 * HEIGHT };

	file_call(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &h, "DRM_IOCTL_PRIME_FD_TO_HANDLE");
	d.handle = h.handle;
	return d;
}

void dumb_close(const struct dumb *d)
{
	struct drm_gem_close c = { .handle = d->handle };

	file_call(d->fd, DRM_IOCTL_GEM_CLOSE, &c, "DRM_IOCTL_GEM_CLOSE");
}

void dmabuf_sync(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync s = { .flags = flags };

	file_call(dmabuf, DMA_BUF_IOCTL_SYNC, &s, "DMA_BUF_IOCTL_SYNC");
}

/* Find the one connector of the card, and its mode of WIDTH x HEIGHT. */
static void find_mode(int fd, struct drm_mode_card_res *res, uint32_t *connector,
		      uint32_t *crtc, struct drm_mode_modeinfo *mode)
{
	static struct drm_mode_modeinfo modes[64];
	struct drm_mode_get_connector c = { 0 };
	unsigned int i;

	res->connector_id_ptr = (uintptr_t)connector;
	res->crtc_id_ptr = (uintptr_t)crtc;
	res->count_connectors = 1;
	res->count_crtcs = 1;
	file_call(fd, DRM_IOCTL_MODE_GETRESOURCES, res, "DRM_IOCTL_MODE_GETRESOURCES");
	c.connector_id = *connector;
	/* A call without room for modes detects them; the next call returns them. */
	file_call(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c, "DRM_IOCTL_MODE_GETCONNECTOR");
	if (c.count_modes > 64)
		fail("%u modes", c.count_modes);
	c.modes_ptr = (uintptr_t)modes;
	c.count_props = 0;
	c.count_encoders = 0;
	file_call(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c, "DRM_IOCTL_MODE_GETCONNECTOR");
	for (i = 0; i < c.count_modes; i++) {
		if (modes[i].hdisplay == WIDTH && modes[i].vdisplay == HEIGHT) {
			*mode = modes[i];
			return;
		}
	}
	fail("none of %u modes is %u x %u", c.count_modes, WIDTH, HEIGHT);
}

uint32_t connector_of(int fd)
{
	struct drm_mode_card_res res = { 0 };
	struct drm_mode_modeinfo mode;
	uint32_t connector = 0, crtc;

	find_mode(fd, &res, &connector, &crtc, &mode);
	return connector;
}

uint32_t show(const struct dumb *d)
{
	struct drm_mode_fb_cmd2 fb = {
		.width = WIDTH, .height = HEIGHT, .pitches = { d->pitch },
		.handles = { d->handle },
		.pixel_format = d->format ? d->format : DRM_FORMAT_XRGB8888,
	};
	struct drm_mode_card_res res = { 0 };
	struct drm_mode_crtc crtc = { 0 };
	uint32_t connector = 0;

	find_mode(d->fd, &res, &connector, &crtc.crtc_id, &crtc.mode);
	file_call(d->fd, DRM_IOCTL_MODE_ADDFB2, &fb, "DRM_IOCTL_MODE_ADDFB2");
	crtc.fb_id = fb.fb_id;
	crtc.set_connectors_ptr = (uintptr_t)&connector;
	crtc.count_connectors = 1;
	crtc.mode_valid = 1;
	file_call(d->fd, DRM_IOCTL_MODE_SETCRTC, &crtc, "DRM_IOCTL_MODE_SETCRTC");
	return fb.fb_id;
}

void paint(uint8_t *p, const struct dumb *d, unsigned int seed)
{
	unsigned int x, y;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			*(volatile uint32_t *)(p + y * d->pitch + x * 4) =
				picture_pixel(x, y, seed);
}

size_t wrong_bytes(const uint8_t *p, const struct dumb *d, unsigned int seed)
{
	unsigned int x, y;
	size_t n = 0;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			if (*(volatile const uint32_t *)(p + y * d->pitch + x * 4) !=
			    picture_pixel(x, y, seed))
				n += 4;
	return n;
}

uint32_t painted_crc32(const struct dumb *d, unsigned int seed)
{
	uint32_t crc = ~0u, x, y, value;
	unsigned int bit;

	for (y = 0; y < HEIGHT; y++) {
		for (x = 0; x < WIDTH; x++) {
			/* Add four bytes at once, the least significant first. */
			value = picture_pixel(x, y, seed);
			crc ^= value;
			for (bit = 0; bit < 32; bit++)
				crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
		}
	}
	return ~crc;
}
