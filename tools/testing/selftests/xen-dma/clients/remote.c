// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "../memory.h"
#include "../outcome.h"
#include "remote.h"
#include "runner.h"

#define ECHO		"/dev/xen-dma-echo-"
#define MESSAGES	10000
#define MESSAGE_MAX	496
/* One life takes 64 KiB of messages and 16 KiB of rings; each pool has 1 MiB. */
#define DEATHS		70

static int echo_open(const char *label)
{
	unsigned int tries;
	char path[64];
	int fd = -1;

	snprintf(path, sizeof(path), ECHO "%s", label);
	for (tries = 0; tries < 500 && fd < 0; tries++) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			usleep(10000);
	}
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

/* Send messages, and check that they come back in order. */
static void exchange(int fd, unsigned int messages)
{
	unsigned char out[MESSAGE_MAX], in[MESSAGE_MAX + 1];
	unsigned int i, j;
	ssize_t n, size;

	for (i = 0; i < messages; i++) {
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

void remote_echo(const void *label)
{
	exchange(echo_open(label), MESSAGES);
}

static void attribute(char path[64], const char *label, const char *name)
{
	snprintf(path, 64, "/sys/bus/platform/devices/remote-%s/%s", label, name);
}

static void tell(const char *label, const char *what)
{
	char path[64];

	attribute(path, label, "dies");
	file_put(path, what);
}

/* Stop the remote processor with a message in flight, and let it recover. */
void remote_dies(const void *label)
{
	char message[100] = "", answer[100];
	unsigned int i;
	ssize_t n;
	int fd;

	for (i = 0; i < DEATHS; i++) {
		fd = echo_open(label);
		exchange(fd, 10);
		tell(label, "1");
		if (write(fd, message, sizeof(message)) != sizeof(message))
			fail("a message that nobody takes: %s", strerror(errno));
		tell(label, "0");
		n = read(fd, answer, sizeof(answer));
		if (n >= 0 || errno != ENODEV)
			fail("life %u, the answer of the dead: %zd, %s", i, n, strerror(errno));
		if (write(fd, message, sizeof(message)) != -1 || errno != ENODEV)
			fail("life %u, a message to the dead: %s", i, strerror(errno));
		close(fd);
	}
	exchange(echo_open(label), 10);
}

/* virtio uses the DMA API under Xen only; then the ring has device addresses. */
void remote_address(const void *label)
{
	const char *want = access("/proc/device-tree/hypervisor", F_OK) ? "physical" : "device";
	char path[64], kind[16] = "";
	int fd;

	exchange(echo_open(label), 10);
	attribute(path, label, "address");
	fd = file_open(path, O_RDONLY);
	if (read(fd, kind, sizeof(kind) - 1) < 0)
		fail("%s: %s", path, strerror(errno));
	kind[strcspn(kind, "\n")] = 0;
	if (strcmp(kind, want))
		fail("the ring has %s addresses, wanted %s ones", kind, want);
}

static unsigned int quiet, before;
static char first[sizeof(((struct xdt_seen *)0)->first)];

void remote_settle(void)
{
	unsigned int tries;
	struct xdt_seen seen;

	for (tries = 0; tries < 600 && quiet < 3; tries++) {
		usleep(100000);
		quiet++;
		if (access(ECHO "static", F_OK) || access(ECHO "dynamic", F_OK) ||
		    access(ECHO "shifted", F_OK))
			quiet = 0;
		if (!seen_take(&seen) || !seen.hits)
			continue;
		if (!before)
			memcpy(first, seen.first, sizeof(first));
		before += seen.hits;
		quiet = 0;
	}
}

void remote_is_there(const void *arg)
{
	if (quiet < 3)
		fail("the remote processors have not announced themselves in a minute");
}

void remote_elsewhere(const void *arg)
{
	if (before + stray_hits())
		fail("%u hits outside of all tests, %s", before + stray_hits(),
		     before ? first : first_stray());
}
