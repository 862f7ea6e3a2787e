// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers of the kernel in a dom0, used as programs use them: two displays, one
 * with a private pool and one without.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "../buffer.h"
#include "../memory.h"
#include "../runner.h"
#include "drm.h"

struct display {
	const char *name;
	unsigned int seed;	/* of its picture */
};

static const struct display displays[] = {
	{ "display-pool", 0 },
	{ "display-plain", 3 },
};

struct transfer {
	const char *name;
	const struct display *from, *to;
	unsigned int seed;
};

static const struct transfer transfers[] = {
	{ "prime_from_pool", &displays[0], &displays[1], 1 },
	{ "prime_to_pool", &displays[1], &displays[0], 2 },
};

/*
 * Asks whoever watches the console for a picture of what the display now reads,
 * and goes on when a line has come back.
 */
static void ask_for_picture(const char *name, const char *display, const struct dumb *d,
			    unsigned int seed)
{
	char answer;

	printf("# picture %s of %s, crc32 %08x\n", name, display, painted_crc32(d, seed));
	fflush(stdout);
	do {
		if (read(STDIN_FILENO, &answer, 1) != 1)
			fail("nobody answers");
	} while (answer != '\n');
}

static void right(const uint8_t *p, const struct dumb *d, unsigned int seed)
{
	size_t n = wrong_bytes(p, d, seed);

	if (n)
		fail("%zu of %zu bytes are wrong", n, d->size);
}

static void dumb_mmap(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	uint8_t *p = dumb_map(&d);

	paint(p, &d, s->seed);
	right(p, &d, s->seed);
	/* Another mapping of it is another address of the same memory. */
	right(dumb_map(&d), &d, s->seed);
}

static void picture(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));

	paint(dumb_map(&d), &d, s->seed);
	show(&d);
	ask_for_picture(s->name, s->name, &d, s->seed);
}

static void prime_mmap(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int dmabuf = dmabuf_of(&d);
	uint8_t *p;

	p = mmap(NULL, d.size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	if (p == MAP_FAILED)
		fail("mmap of the dma-buf: %s", strerror(errno));
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	paint(p, &d, s->seed);
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	right(dumb_map(&d), &d, s->seed);
	/* It lives on without its file, as long as it is mapped. */
	close(dmabuf);
	right(p, &d, s->seed);
}

/* One display shows what lies in the memory of the other. */
static void prime_import(const void *arg)
{
	const struct transfer *t = arg;
	struct dumb d = dumb_get(card_open(t->from->name)), other;
	int dmabuf = dmabuf_of(&d);
	uint8_t *p = dumb_map(&d);

	other = dumb_import(card_open(t->to->name), dmabuf);
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	paint(p, &d, t->seed);
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	if (map_offset(other.fd, other.handle) >= 0 || errno != EINVAL)
		fail("what is imported has an offset, or: %s", strerror(errno));
	show(&other);
	ask_for_picture(t->name, t->to->name, &other, t->seed);
}

static void refused(void *p, int want, const char *what)
{
	if (p != MAP_FAILED)
		fail("%s is mapped", what);
	if (errno != want)
		fail("%s: %s, wanted %s", what, strerror(errno), strerror(want));
}

static void map_beyond(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int64_t offset = map_offset(d.fd, d.handle);

	refused(mmap(NULL, d.size + PAGE, PROT_READ, MAP_SHARED, d.fd, offset), EINVAL,
		"a page more than the buffer has");
}

static void map_destroyed(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int64_t offset = map_offset(d.fd, d.handle);
	struct drm_mode_destroy_dumb x = { .handle = d.handle };

	if (ioctl(d.fd, DRM_IOCTL_MODE_DESTROY_DUMB, &x))
		fail("DRM_IOCTL_MODE_DESTROY_DUMB: %s", strerror(errno));
	if (map_offset(d.fd, d.handle) >= 0 || errno != ENOENT)
		fail("a destroyed buffer has an offset, or: %s", strerror(errno));
	refused(mmap(NULL, d.size, PROT_READ, MAP_SHARED, d.fd, offset), EINVAL,
		"a destroyed buffer");
}

static void map_of_another(const void *arg)
{
	const struct display *s = arg;
	struct dumb d = dumb_get(card_open(s->name));
	int64_t offset = map_offset(d.fd, d.handle);
	int other = card_open(s->name);

	if (map_offset(other, d.handle) >= 0 || errno != ENOENT)
		fail("another's handle has an offset, or: %s", strerror(errno));
	refused(mmap(NULL, d.size, PROT_READ, MAP_SHARED, other, offset), EACCES,
		"another's buffer");
}

#define ECHO		"/dev/xen-dma-echo-"
#define MESSAGES	10000
#define MESSAGE_MAX	496

/* The remote processor sends back what it is sent, in order. */
static void remote_echo(const void *arg)
{
	unsigned char out[MESSAGE_MAX], in[MESSAGE_MAX + 1];
	unsigned int i, j;
	ssize_t n, size;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), ECHO "%s", (const char *)arg);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	for (i = 0; i < MESSAGES; i++) {
		size = 1 + i * 7919u % MESSAGE_MAX;
		for (j = 0; j < size; j++)
			out[j] = i + j * 13;
		if (write(fd, out, size) != size)
			fail("message %u: %s", i, strerror(errno));
		n = read(fd, in, sizeof(in));
		if (n != size || memcmp(in, out, size))
			fail("message %u of %zd bytes comes back as %zd others", i, size, n);
	}
}

/* Without it, nothing would be noticed on a stock kernel. */
static void env_detector(const void *arg)
{
	struct xdt_seen seen;

	if (!seen_take(&seen))
		fail("there is no fault detector");
}

/* The remote processors announce themselves when they like, and that maps buffers. */
static void settle(void)
{
	unsigned int tries, quiet = 0;
	struct xdt_seen seen;

	for (tries = 0; tries < 100 && quiet < 3; tries++) {
		usleep(100000);
		quiet++;
		if (access(ECHO "static", F_OK) || access(ECHO "dynamic", F_OK) ||
		    (seen_take(&seen) && seen.hits))
			quiet = 0;
	}
}

static const struct test {
	const char *name;
	void (*fn)(const void *arg);
} tests[] = {
	{ "dumb_mmap", dumb_mmap },
	{ "picture", picture },
	{ "prime_mmap", prime_mmap },
	{ "map_beyond", map_beyond },
	{ "map_destroyed", map_destroyed },
	{ "map_of_another", map_of_another },
};

int main(void)
{
	unsigned int i, j;

	settle();
	plan(COUNT(displays) * COUNT(tests) + COUNT(transfers) + 3);
	run("env", "detector", env_detector, NULL);
	for (i = 0; i < COUNT(displays); i++)
		for (j = 0; j < COUNT(tests); j++)
			run(displays[i].name, tests[j].name, tests[j].fn, &displays[i]);
	for (i = 0; i < COUNT(transfers); i++)
		run(transfers[i].name, "picture", prime_import, &transfers[i]);
	run("remote_static", "echo", remote_echo, "static");
	run("remote_dynamic", "echo", remote_echo, "dynamic");
	return finish();
}
