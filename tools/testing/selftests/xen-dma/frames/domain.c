// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../clients/file.h"
#include "../outcome.h"
#include "domain.h"

/* xenconsoled writes it. */
#define CONSOLE		"/var/log/xen/guest-other.log"
#define PRIVCMD		"/proc/xen/privcmd"
/* Seconds for a domain on an emulated CPU. */
#define PATIENCE	180

/* The interface of privcmd; its header is not for user space. */
struct map_batch {
	uint32_t frames;
	uint16_t domain;
	uint64_t mapping;	/* address of a mapping of privcmd */
	uint64_t *mfns;
	int *error;
};

#define MAP_BATCH	_IOC(_IOC_NONE, 'P', 4, sizeof(struct map_batch))

/* Return the last complete line of the console that begins with @name, or NULL. */
static const char *last_line(const char *name)
{
	static char text[1 << 16];
	int fd = open(CONSOLE, O_RDONLY | O_CLOEXEC);
	char *line, *last = NULL, *end;
	off_t size;
	ssize_t n;

	if (fd < 0)
		return NULL;
	size = lseek(fd, 0, SEEK_END);
	n = pread(fd, text, sizeof(text) - 1,
		  size >= (off_t)sizeof(text) ? size - (off_t)sizeof(text) + 1 : 0);
	close(fd);
	if (n <= 0)
		return NULL;
	text[n] = 0;
	for (line = text; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		if (!strncmp(line, name, strlen(name)))
			last = line;
	}
	return last;
}

unsigned int domain_filled(void)
{
	unsigned int tries, mib;
	const char *line;

	for (tries = 0; tries < PATIENCE * 5; tries++) {
		line = last_line("filled ");
		if (line && sscanf(line, "filled %u MiB", &mib) == 1)
			return mib;
		usleep(200000);
	}
	fail("the other domain does not report that it has filled its memory");
}

static unsigned long report(unsigned long *wrong)
{
	const char *line = last_line("verified ");
	unsigned long round;

	if (line && sscanf(line, "verified %lu times, %lu", &round, wrong) == 2)
		return round;
	return 0;
}

unsigned long domain_wrong(void)
{
	unsigned long begin, wrong = 0;
	unsigned int tries;

	begin = report(&wrong);
	/* The next report may have begun before this call. */
	for (tries = 0; tries < PATIENCE * 5; tries++) {
		if (report(&wrong) >= begin + 2)
			return wrong;
		usleep(200000);
	}
	fail("the other domain has not verified its memory since report %lu", begin);
}

unsigned int domain_id(void)
{
	FILE *f = popen("xl domid other", "r");
	unsigned int id;

	if (!f || fscanf(f, "%u", &id) != 1)
		fail("xl does not know the other domain");
	pclose(f);
	return id;
}

void *domain_map(unsigned int id, unsigned long first, size_t count, int *error)
{
	struct map_batch batch = { .frames = count, .domain = id, .error = error };
	int fd = file_open(PRIVCMD, O_RDWR);
	uint64_t mfns[count];
	size_t i;
	void *p;

	p = mmap(NULL, count * 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		fail("mmap of " PRIVCMD ": %s", strerror(errno));
	for (i = 0; i < count; i++)
		mfns[i] = first + i;
	batch.mapping = (uintptr_t)p;
	batch.mfns = mfns;
	if (ioctl(fd, MAP_BATCH, &batch) && errno != ENOENT)
		fail("mapping frames of domain %u: %s", id, strerror(errno));
	close(fd);
	return p;
}
