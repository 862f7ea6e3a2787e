// SPDX-License-Identifier: GPL-2.0
/*
 * A video device with buffers of videobuf2-dma-contig, as programs use one.  It reads
 * a frame and writes its complement.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/videodev2.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "tests.h"

#define CYCLES	2048	/* of two frames of 64 KiB: as much as all memory of dom0 */
#define MOST	64	/* devices whose frames fill a pool of 2 MiB */
#define CALL(fd, request, arg)	file_call(fd, request, arg, #request)

/* One open device; each of its two queues has one buffer. */
struct video {
	int fd;
	size_t size;		/* of a frame, bytes */
	uint8_t *in, *out;
};

static int video_open(const char *label)
{
	char path[64], name[64] = "";
	unsigned int i;
	FILE *f;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/sys/class/video4linux/video%u/name", i);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%63s", name) != 1)
			name[0] = 0;
		fclose(f);
		snprintf(path, sizeof(path), "/dev/video%u", i);
		if (!strcmp(name, label))
			return file_open(path, O_RDWR);
	}
	fail("there is no video device %s", label);
}

static void request(int fd, unsigned int type, unsigned int memory, unsigned int flags)
{
	struct v4l2_requestbuffers r = {
		.count = 1, .type = type, .memory = memory, .flags = flags,
	};

	CALL(fd, VIDIOC_REQBUFS, &r);
	if (r.count != 1 || (flags & ~r.flags))
		fail("%u buffers with flags 0x%x, wanted 1 with 0x%x", r.count, r.flags, flags);
}

static uint8_t *map(struct video *v, unsigned int type)
{
	struct v4l2_buffer b = { .type = type, .memory = V4L2_MEMORY_MMAP };
	uint8_t *p;

	CALL(v->fd, VIDIOC_QUERYBUF, &b);
	v->size = b.length;
	p = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, b.m.offset);
	if (p == MAP_FAILED)
		fail("mmap of a frame: %s", strerror(errno));
	return p;
}

static struct video video_get(const char *label, unsigned int flags)
{
	struct video v = { .fd = video_open(label) };

	request(v.fd, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP, flags);
	request(v.fd, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP, flags);
	v.in = map(&v, V4L2_BUF_TYPE_VIDEO_OUTPUT);
	v.out = map(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	return v;
}

static void video_put(struct video *v)
{
	munmap(v->in, v->size);
	munmap(v->out, v->size);
	close(v->fd);
}

/* The words of a frame differ in a page, between pages and between seeds. */
static uint32_t pattern(size_t i, unsigned int seed)
{
	return i * 0x01000193 + seed;
}

static void paint(const struct video *v, unsigned int seed)
{
	volatile uint32_t *words = (uint32_t *)v->in;
	size_t i;

	for (i = 0; i < v->size / 4; i++)
		words[i] = pattern(i, seed);
}

/* Compare a frame with the complement of the painted one. */
static void check(const struct video *v, const uint8_t *p, unsigned int seed,
		  const char *where)
{
	const volatile uint32_t *words = (const uint32_t *)p;
	size_t i, wrong = 0;

	for (i = 0; i < v->size / 4; i++)
		wrong += words[i] != ~pattern(i, seed);
	if (wrong)
		fail("%s: %zu of %zu words are wrong", where, wrong, v->size / 4);
}

static void queue(int fd, unsigned int type, int dmabuf, size_t size)
{
	struct v4l2_buffer b = {
		.type = type, .field = V4L2_FIELD_NONE, .bytesused = size, .length = size,
		.memory = dmabuf < 0 ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF,
	};

	if (dmabuf >= 0)
		b.m.fd = dmabuf;
	CALL(fd, VIDIOC_QBUF, &b);
}

/* Return the page frame that the device has written, from the timestamp. */
static uint64_t dequeue(int fd, unsigned int type, int dmabuf)
{
	struct v4l2_buffer b = {
		.type = type, .memory = dmabuf < 0 ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF,
	};

	CALL(fd, VIDIOC_DQBUF, &b);
	if (b.flags & V4L2_BUF_FLAG_ERROR)
		fail("the device has not done its work");
	return b.timestamp.tv_sec * 1000000ull + b.timestamp.tv_usec;
}

/* Do one frame; a dma-buf is the memory of a queue, or -1. */
static uint64_t run(int fd, size_t size, int in, int out)
{
	int output = V4L2_BUF_TYPE_VIDEO_OUTPUT, capture = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	uint64_t pfn;

	queue(fd, output, in, size);
	queue(fd, capture, out, size);
	CALL(fd, VIDIOC_STREAMON, &output);
	CALL(fd, VIDIOC_STREAMON, &capture);
	dequeue(fd, output, in);
	pfn = dequeue(fd, capture, out);
	CALL(fd, VIDIOC_STREAMOFF, &output);
	CALL(fd, VIDIOC_STREAMOFF, &capture);
	return pfn;
}

static void check_pfn(const struct video *v, const uint8_t *p, uint64_t pfn)
{
	int fd = device_open("plain");
	char why[WHY];

	if (!pfns_right(fd, p, 0, v->size / PAGE, pfn, why))
		fail("%s", why);
	close(fd);
}

static void check_frame(const char *label, unsigned int flags)
{
	struct video v = video_get(label, flags);
	uint64_t pfn;

	paint(&v, 1);
	pfn = run(v.fd, v.size, -1, -1);
	check(&v, v.out, 1, "the frame of the device");
	check_pfn(&v, v.out, pfn);
}

static void video_frame(const void *label)
{
	check_frame(label, 0);
}

/* Pages of dma_alloc_noncontiguous(), which videobuf2 syncs. */
static void video_noncoherent(const void *label)
{
	check_frame(label, V4L2_MEMORY_FLAG_NON_COHERENT);
}

static int export(int fd, unsigned int type)
{
	struct v4l2_exportbuffer e = { .type = type, .flags = O_RDWR | O_CLOEXEC };

	CALL(fd, VIDIOC_EXPBUF, &e);
	return e.fd;
}

/* The other device takes the frames of this one, and writes into them. */
static void check_shared(const char *from, const char *to, unsigned int flags)
{
	struct video v = video_get(from, flags);
	int in = export(v.fd, V4L2_BUF_TYPE_VIDEO_OUTPUT);
	int out = export(v.fd, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	int fd = video_open(to);
	uint8_t *p = mmap(NULL, v.size, PROT_READ, MAP_SHARED, out, 0);
	uint64_t pfn;

	if (p == MAP_FAILED)
		fail("mmap of the dma-buf: %s", strerror(errno));
	request(fd, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF, 0);
	request(fd, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF, 0);
	paint(&v, 2);
	pfn = run(fd, v.size, in, out);
	check(&v, v.out, 2, "the frame of the other device");
	check(&v, p, 2, "the dma-buf");
	check_pfn(&v, v.out, pfn);
	check_pfn(&v, p, pfn);
}

static void video_shared(const void *label)
{
	check_shared(label, "plain", 0);
}

static void video_shared_noncoherent(const void *label)
{
	check_shared(label, "plain", V4L2_MEMORY_FLAG_NON_COHERENT);
}

/* A report has a frame buffer of this size that was bounced for a second device. */
static void video_large(const void *label)
{
	check_shared(label, "importer", 0);
}

/* Return whether a queue takes the flag for memory that is not coherent. */
static bool has_noncoherent(const char *label)
{
	return strcmp(label, "cookie");
}

static void video_no_leak(const void *label)
{
	unsigned int flags = has_noncoherent(label) ? V4L2_MEMORY_FLAG_NON_COHERENT : 0, i;
	struct video v;

	for (i = 0; i < CYCLES; i++) {
		v = video_get(label, i % 2 ? flags : 0);
		v.in[0] = i;
		video_put(&v);
	}
}

/* Frames that are kept must fill a pool, or the test above would see no leak. */
static void control_leak(const void *label)
{
	struct v4l2_requestbuffers r = {
		.count = 1, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP,
	};
	unsigned int i;

	for (i = 0; i < MOST; i++) {
		if (!ioctl(video_open(label), VIDIOC_REQBUFS, &r))
			continue;
		if (errno != ENOMEM)
			fail("frame %u: %s, wanted %s", i, strerror(errno), strerror(ENOMEM));
		return;
	}
	fail("%u frames are kept, and the pool is not full", MOST);
}

static const struct test {
	const char *name;
	void (*fn)(const void *label);
	bool noncoherent;
} tests[] = {
	{ "frame", video_frame, false },
	{ "noncoherent", video_noncoherent, true },
	{ "shared", video_shared, false },
	{ "shared_noncoherent", video_shared_noncoherent, true },
	{ "no_leak", video_no_leak, false },
};

void video_add(void)
{
	static const char * const devices[][2] = {
		{ "video_plain", "plain" }, { "video_cookie", "cookie" },
		{ "video_pool", "pool" }, { "video_restricted", "restricted" },
	};
	unsigned int i, j;

	for (i = 0; i < COUNT(devices); i++)
		for (j = 0; j < COUNT(tests); j++)
			if (!tests[j].noncoherent || has_noncoherent(devices[i][1]))
				test_add(devices[i][0], tests[j].name, tests[j].fn,
					 devices[i][1]);
	test_add("control", "video_leak", control_leak, "pool");
	test_add("video_large", "shared", video_large, "large");
}
