/* SPDX-License-Identifier: GPL-2.0 */
/* The disk that dom0 gives to a second domain, and its contents. */
#ifndef XEN_DMA_CLIENTS_DISK_H
#define XEN_DMA_CLIENTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_BYTES	(8u << 20)
/* The report of the domain follows the data. */
#define DISK_REPORT	DISK_BYTES
#define DISK_BLOCK	4096

struct disk_report {
	uint32_t rounds;
	uint32_t wrong;		/* words read back with another value */
};

/* Allocate memory for direct I/O. */
void *disk_buffer(size_t size);

/* Move all of @size, or end the test as failed. */
void disk_read(int fd, void *buffer, size_t size, off_t offset);
void disk_write(int fd, const void *buffer, size_t size, off_t offset);

/* Return whether the first block has the words of one round. */
bool disk_block_right(const uint32_t *words);

/* Count the words that differ from those of @round; the first round is 0. */
unsigned int disk_wrong(const uint32_t *words, unsigned int round);

/*
 * Run the second domain: write all of its disk and read it again.  "rounds=" on
 * the kernel's command line says how often; the default is without end.  "same=1"
 * writes and reads the same data without end, and checks nothing.  "each=1" reads
 * each request again, without end, and reports as soon as a word is wrong.
 */
int disk_main(void);

#endif /* XEN_DMA_CLIENTS_DISK_H */
