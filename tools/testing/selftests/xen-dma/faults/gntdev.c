// SPDX-License-Identifier: GPL-2.0
/*
 * Grants that dom0 gives to itself, for a process: mapped, or as a dma-buf, which gntdev
 * also imports.  Each allocation fails in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* From Xen's headers, which gntdev.h relies on. */
typedef uint32_t grant_ref_t;
typedef uint16_t domid_t;
#include <xen/gntdev.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../clients/runner.h"
#include "../outcome.h"
#include "tests.h"

#define GNTDEV	"/dev/xen/gntdev"
#define N	FAULTS_REFS

/* Requests with room for all references. */
static union {
	struct ioctl_gntdev_map_grant_ref map;
	struct ioctl_gntdev_dmabuf_exp_from_refs export;
	struct ioctl_gntdev_dmabuf_imp_to_refs import;
	char room[256];
} u;

/* Map the grants, and look at their frames: each has its number. */
static int map_all(int gntdev, const struct faults_refs *refs, char *why)
{
	unsigned int i;
	char *p;

	memset(&u, 0, sizeof(u));
	u.map.count = N;
	for (i = 0; i < N; i++) {
		u.map.refs[i].domid = 0;
		u.map.refs[i].ref = refs->refs[i];
	}
	if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &u.map))
		return -errno;
	p = mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, u.map.index);
	if (p == MAP_FAILED)
		return -errno;
	for (i = 0; i < N; i++)
		if (*(uint32_t *)(p + i * PAGE) != i)
			snprintf(why, WHY, "another frame is mapped as page %u", i);
	munmap(p, N * PAGE);
	return 0;
}

static int import(int gntdev, int dmabuf)
{
	struct ioctl_gntdev_dmabuf_imp_release r = { .fd = dmabuf };

	memset(&u, 0, sizeof(u));
	u.import.fd = dmabuf;
	u.import.count = N;
	if (ioctl(gntdev, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, &u.import))
		return -errno;
	return ioctl(gntdev, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &r) ? -errno : 0;
}

static int export_all(int gntdev, const struct faults_refs *refs, char *why)
{
	struct ioctl_gntdev_dmabuf_exp_wait_released w = { .wait_to_ms = 5000 };
	int ret;

	memset(&u, 0, sizeof(u));
	u.export.count = N;
	memcpy(u.export.refs, refs->refs, sizeof(refs->refs));
	if (ioctl(gntdev, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, &u.export))
		return -errno;
	w.fd = u.export.fd;
	ret = import(gntdev, w.fd);
	close(w.fd);
	/* It has been released, if there is no such file. */
	if (ioctl(gntdev, IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED, &w) && errno != ENOENT && !ret)
		ret = -errno;
	return ret;
}

static const struct client {
	const char *name;
	int (*run)(int gntdev, const struct faults_refs *refs, char *why);
} clients[] = {
	{ "map", map_all },
	{ "dmabuf", export_all },
};

static int gntdev_run(struct check *c, char *why)
{
	const struct client *client = c->arg;
	struct faults_refs refs;
	int gntdev, ret;

	if (ioctl(c->fd, FAULTS_IOC_GRANT, &refs))
		return -errno;
	gntdev = open(GNTDEV, O_RDWR | O_CLOEXEC);
	ret = gntdev < 0 ? -errno : client->run(gntdev, &refs, why);
	if (gntdev >= 0)
		close(gntdev);
	/* It counts the grants that are still mapped. */
	if (ioctl(c->fd, FAULTS_IOC_END))
		return -errno;
	return ret;
}

/* gntdev says EINVAL if a page has no entry in the p2m. */
static void gntdev_memory(const void *arg)
{
	struct check c = {
		.how.memory = true, .run = gntdev_run, .arg = (void *)arg,
		.allowed = { ENOMEM, EINVAL },
	};

	inject_setup();
	if (access(GNTDEV, F_OK))
		skip("%s: %s", GNTDEV, strerror(errno));
	c.fd = check_open(&four_grants);
	check_all(&c, 10, "allocations");
}

void gntdev_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(clients); i++)
		test_add("gntdev", clients[i].name, gntdev_memory, &clients[i]);
}
