// SPDX-License-Identifier: GPL-2.0
/*
 * /init of the other domain: fill all free memory with the pattern, and verify it
 * again and again.  dom0 reads the reports in the log of the console.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "../pattern.h"

/* Bytes that stay free for the kernel. */
#define MARGIN		(6ul << 20)
#define MIB		(1ul << 20)

/* Return the memory, filled; NULL if the kernel does not give it. */
static uint64_t *fill(size_t size)
{
	uint64_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint64_t word = pattern();
	size_t i;

	if (words == MAP_FAILED)
		return NULL;
	for (i = 0; i < size / sizeof(word); i++)
		words[i] = word;
	return words;
}

static size_t count_wrong(const uint64_t *words, size_t size)
{
	uint64_t word = pattern();
	size_t i, n = 0;

	for (i = 0; i < size / sizeof(word); i++)
		n += words[i] != word;
	return n;
}

int main(void)
{
	unsigned long round;
	struct sysinfo have;
	uint64_t *words;
	size_t size;
	int fd;

	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/hvc0", O_RDWR);
	dup2(fd, STDOUT_FILENO);
	setlinebuf(stdout);
	sysinfo(&have);
	size = have.freeram * have.mem_unit;
	size = size > MARGIN ? (size - MARGIN) / MIB * MIB : 0;
	words = fill(size);
	if (!words || mlock(words, size)) {
		perror("fill");
		pause();
	}
	printf("filled %zu MiB\n", size / MIB);
	for (round = 1;; round++) {
		printf("verified %lu times, %zu words wrong\n", round, count_wrong(words, size));
		sleep(1);
	}
}
