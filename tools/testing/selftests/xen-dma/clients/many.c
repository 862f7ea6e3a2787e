// SPDX-License-Identifier: GPL-2.0
/*
 * Create and destroy domains, which use a disk by blkback.  Meanwhile gntdev maps frames
 * of another domain, and a display imports them.
 */
#define _GNU_SOURCE	/* O_DIRECT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../buffer.h"
#include "../outcome.h"
#include "backend.h"
#include "disk.h"
#include "file.h"
#include "many.h"
#include "runner.h"
#include "share.h"

#define TESTS		10
#define DOMAINS		5	/* of each test */
#define TIMEOUT		120	/* seconds of one domain */
/* KiB that may be lost by the domains of all tests but the first. */
#define MOST_LOST	1024

static struct share_busy *busy;

/* Destroy a domain while it writes and reads; every other one uses persistent grants. */
static void one_domain(unsigned int i)
{
	struct disk_report *report = disk_buffer(DISK_BLOCK);
	int fd = file_open(BACKEND_DISK, O_RDWR | O_DIRECT);
	uint32_t *block = disk_buffer(DISK_BLOCK);

	alarm(TIMEOUT);
	disk_write(fd, block, DISK_BLOCK, 0);
	disk_write(fd, report, DISK_BLOCK, DISK_REPORT);
	file_put(BACKEND_PERSISTENT, i % 2 ? "Y" : "N");
	backend_command(BACKEND_CREATE " -e 'extra=\"workload=disk each=1\"'");
	backend_wait(DISK_BYTES / 16 / (1 + i % 3));
	backend_command("xl destroy disk");
	backend_is_gone();
	disk_read(fd, report, DISK_BLOCK, DISK_REPORT);
	disk_read(fd, block, DISK_BLOCK, 0);
	if (report->wrong)
		fail("%u requests are wrong in the domain", report->wrong);
	if (!disk_block_right(block))
		fail("the disk does not have the words of the domain");
	munmap(report, DISK_BLOCK);
	munmap(block, DISK_BLOCK);
	close(fd);
}

static pid_t begin_to_share(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		share_until_killed(busy);
	}
	return pid;
}

/* Memory in KiB that is free, or that files, caches and processes have: logs grow. */
static long not_lost(void)
{
	static const char * const names[] = {
		"MemFree", "Buffers", "Cached", "SReclaimable", "AnonPages",
	};
	long sum = 0;
	unsigned int i;

	for (i = 0; i < COUNT(names); i++)
		sum += kib_of(names[i]);
	return sum;
}

static void some_domains(const void *arg)
{
	unsigned int i, before = busy->rounds;
	pid_t pid = begin_to_share();

	backend_remove();
	for (i = 0; i < DOMAINS; i++)
		one_domain(i);
	if (waitpid(pid, NULL, WNOHANG))
		fail("gntdev could not go on after %u rounds", busy->rounds - before);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("# %u domains, %u dma-bufs of gntdev\n", DOMAINS, busy->rounds - before);
	if (busy->rounds == before)
		fail("gntdev was not busy");
	if (!busy->free_first)
		busy->free_first = not_lost();
}

/* Compare the memory after the first and after the last test. */
static void no_leak(const void *arg)
{
	long lost = busy->free_first - not_lost();

	printf("# %ld KiB are lost after %u domains\n", lost, (TESTS - 1) * DOMAINS);
	if (lost > MOST_LOST)
		fail("that is more than %u", MOST_LOST);
}

void many_add(void)
{
	static const char * const names[TESTS] = {
		"first", "second", "third", "fourth", "fifth",
		"sixth", "seventh", "eighth", "ninth", "tenth",
	};
	unsigned int i;

	busy = share_busy_new();
	backend_others = 1;
	test_add("many", "toolstack", backend_start, NULL);
	for (i = 0; i < TESTS; i++)
		test_add("many", names[i], some_domains, NULL);
	test_add("many", "no_leak", no_leak, NULL);
}
