// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_DIRECT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../buffer.h"
#include "file.h"
#include "../outcome.h"
#include "disk.h"

#define DISK		"/dev/xvda"
#define WORDS		(DISK_BYTES / sizeof(uint32_t))
#define MOST_ROUNDS	1000	/* of a domain that is destroyed after seconds */

void *disk_buffer(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		fail("%zu bytes of memory: %s", size, strerror(errno));
	return p;
}

void disk_read(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t n = pread(fd, buffer, size, offset);

	if (n != (ssize_t)size)
		fail("reading %zu bytes of the disk: %zd, %s", size, n,
		     n < 0 ? strerror(errno) : "no more");
}

void disk_write(int fd, const void *buffer, size_t size, off_t offset)
{
	ssize_t n = pwrite(fd, buffer, size, offset);

	if (n != (ssize_t)size)
		fail("writing %zu bytes to the disk: %zd, %s", size, n,
		     n < 0 ? strerror(errno) : "no more");
}

/* Return word @i of a round: unique in its round, and new in each round. */
static uint32_t word(unsigned int i, unsigned int round)
{
	return (i + round * 7919) * 2654435761u;
}

static void fill(uint32_t *words, unsigned int round)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		words[i] = word(i, round);
}

unsigned int disk_wrong(const uint32_t *words, unsigned int round)
{
	unsigned int i, n = 0;

	for (i = 0; i < WORDS; i++)
		n += words[i] != word(i, round);
	return n;
}

bool disk_block_right(const uint32_t *words)
{
	unsigned int i, round;

	for (round = 0; round < MOST_ROUNDS; round++)
		if (words[0] == word(0, round))
			break;
	for (i = 0; i < DISK_BLOCK / sizeof(*words) && words[i] == word(i, round); i++)
		;
	return round < MOST_ROUNDS && i == DISK_BLOCK / sizeof(*words);
}

/* Move the data in requests of 1 to 64 pages. */
static void in_pieces(int fd, void *buffer,
		      void (*move)(int fd, void *buffer, size_t size, off_t offset))
{
	static const unsigned int pages[] = { 1, 3, 11, 64, 7, 32, 10 };	/* 128 in all */
	unsigned int i = 0;
	size_t at, size;

	for (at = 0; at < DISK_BYTES; at += size) {
		size = pages[i++ % COUNT(pages)] * DISK_BLOCK;
		move(fd, (char *)buffer + at, size, at);
	}
}

static void write_piece(int fd, void *buffer, size_t size, off_t offset)
{
	disk_write(fd, buffer, size, offset);
}

/* Return the number on the kernel's command line after @name, such as "rounds=", or 0. */
static unsigned int parameter(const char *name)
{
	char line[1024];
	unsigned int n = 0;
	FILE *f = fopen("/proc/cmdline", "r");
	char *at;

	if (f && fgets(line, sizeof(line), f)) {
		at = strstr(line, name);
		if (at)
			sscanf(at + strlen(name), "%u", &n);
	}
	if (f)
		fclose(f);
	return n;
}

/* Do nothing besides requests: the instructions of the machine are counted. */
static void __noreturn same_again(int fd, uint32_t *words)
{
	fill(words, 0);
	for (;;) {
		in_pieces(fd, words, write_piece);
		in_pieces(fd, words, disk_read);
	}
}

static struct disk_report *report;

/* Write one request, and read it again. */
static void write_and_read(int fd, void *buffer, size_t size, off_t offset)
{
	static void *again;

	if (!again)
		again = disk_buffer(DISK_BYTES);
	disk_write(fd, buffer, size, offset);
	disk_read(fd, again, size, offset);
	if (memcmp(buffer, again, size)) {
		report->wrong++;
		disk_write(fd, report, DISK_BLOCK, DISK_REPORT);
	}
}

static void __noreturn each_again(int fd, uint32_t *words)
{
	for (;;) {
		fill(words, report->rounds++);
		in_pieces(fd, words, write_and_read);
	}
}

int disk_main(void)
{
	unsigned int tries, wanted = parameter("rounds=");
	uint32_t *words = disk_buffer(DISK_BYTES);
	int fd;

	report = disk_buffer(DISK_BLOCK);
	for (tries = 0; tries < 300 && access(DISK, F_OK); tries++)
		usleep(100000);
	fd = file_open(DISK, O_RDWR | O_DIRECT);
	if (parameter("same="))
		same_again(fd, words);
	if (parameter("each="))
		each_again(fd, words);
	/* Write from two processes: one request is in flight at the destruction. */
	if (!wanted && fork() < 0)
		fail("fork: %s", strerror(errno));
	while (!wanted || report->rounds < wanted) {
		fill(words, report->rounds);
		in_pieces(fd, words, write_piece);
		memset(words, 0, DISK_BYTES);
		in_pieces(fd, words, disk_read);
		report->wrong += disk_wrong(words, report->rounds++);
	}
	disk_write(fd, report, DISK_BLOCK, DISK_REPORT);
	printf("%u rounds, %u words wrong\n", report->rounds, report->wrong);
	return 0;
}
