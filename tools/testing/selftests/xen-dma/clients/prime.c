// SPDX-License-Identifier: GPL-2.0
/*
 * One display makes a buffer; another display shows it, or only maps it.  One test
 * runs a program from Debian.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "../buffer.h"
#include "../outcome.h"
#include "display.h"
#include "runner.h"

struct transfer {
	const char *name;
	const struct display *from, *to;
	unsigned int seed;
};

static const struct transfer transfers[] = {
	{ "prime_from_pool", &displays[DISPLAY_POOL], &displays[DISPLAY_PLAIN], 1 },
	{ "prime_to_pool", &displays[DISPLAY_PLAIN], &displays[DISPLAY_POOL], 2 },
	{ "prime_from_rockchip", &displays[DISPLAY_COOKIE], &displays[DISPLAY_PLAIN], 5 },
	{ "prime_from_zynqmp", &displays[DISPLAY_QEMU], &displays[DISPLAY_PLAIN], 9 },
	{ "prime_to_zynqmp", &displays[DISPLAY_PLAIN], &displays[DISPLAY_QEMU], 10 },
	{ "prime_rockchip_to_zynqmp", &displays[DISPLAY_COOKIE], &displays[DISPLAY_QEMU], 11 },
};

static const struct transfer imports[] = {
	{ "prime_pool_to_rockchip", &displays[DISPLAY_POOL], &displays[DISPLAY_COOKIE], 6 },
	{ "prime_plain_to_rockchip", &displays[DISPLAY_PLAIN], &displays[DISPLAY_COOKIE], 7 },
};

static struct dumb import(const struct transfer *t)
{
	struct dumb d = dumb_get(card_open(t->from->name)), other;
	int dmabuf = dmabuf_of(&d);
	uint8_t *p = dumb_map(&d);

	other = dumb_import(card_open(t->to->name), dmabuf);
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	paint(p, &d, t->seed);
	dmabuf_sync(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	if (map_offset(other.fd, other.handle) >= 0 || errno != EINVAL)
		fail("what is imported has an offset, or: %s", strerror(errno));
	right(p, &d, t->seed);
	return other;
}

/* Show a buffer of one display on the other. */
static void prime_shown(const void *arg)
{
	const struct transfer *t = arg;
	struct dumb other = import(t);

	other.format = t->to->format;
	show(&other);
	ask_for_picture(t->name, t->to->name, &other, t->seed);
}

/* Map a buffer for the device that imports it, and unmap it. */
static void prime_imported(const void *arg)
{
	struct dumb other = import(arg);

	dumb_close(&other);
}

/* Wait until the program sleeps all the time: it then waits for a key. */
static void wait_for_sleep(pid_t pid)
{
	unsigned int asleep = 0, tries;
	char path[32], state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (tries = 0; tries < 600 && asleep < 5; tries++) {
		usleep(100000);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			fail("%s: %s", path, strerror(errno));
		fclose(f);
		if (state == 'Z')
			fail("modetest has ended");
		asleep = state == 'S' ? asleep + 1 : 0;
	}
	if (asleep < 5)
		fail("modetest waits for no key");
}

/* Run Debian's modetest, which shows its pattern until a key is pressed. */
static void debian_program(const void *arg)
{
	const struct display *s = arg;
	char mode[64], device[64];
	int keys[2], status, fd = card_open(s->name);
	pid_t pid;

	snprintf(mode, sizeof(mode), "%u:%ux%u", connector_of(fd), WIDTH, HEIGHT);
	close(fd);	/* the first to open the card may set the mode */
	card_bus_id(s->name, device, sizeof(device));
	if (pipe2(keys, O_CLOEXEC))
		fail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		dup2(keys[0], STDIN_FILENO);
		execl("/bin/modetest", "modetest", "-D", device, "-s", mode, NULL);
		_exit(127);
	}
	wait_for_sleep(pid);
	printf("# picture modetest of %s, bars c0c0c0 c0c000 00c0c0 00c000 c000c0 c00000 0000c0\n",
	       s->name);
	answered();
	if (write(keys[1], "\n", 1) != 1 || waitpid(pid, &status, 0) != pid)
		fail("waiting for modetest: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("modetest ends with status 0x%x", status);
}

/* A machine with a display of its own has the others as well, as partners. */
static bool is_here(const struct transfer *t)
{
	const struct display *own = t->from->machine ? t->from : t->to;

	return display_is_here(own) && (own->machine || display_is_here(t->from));
}

void prime_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(transfers); i++)
		if (is_here(&transfers[i]))
			test_add(transfers[i].name, "picture", prime_shown, &transfers[i]);
	for (i = 0; i < COUNT(imports); i++)
		if (is_here(&imports[i]))
			test_add(imports[i].name, "mapped", prime_imported, &imports[i]);
	if (!getenv("XEN_DMA_MACHINE"))
		test_add(displays[DISPLAY_PLAIN].name, "modetest", debian_program,
			 &displays[DISPLAY_PLAIN]);
}
