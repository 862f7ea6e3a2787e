/* SPDX-License-Identifier: GPL-2.0 */
/* The disk that dom0 gives to a second domain, and what both write to it. */
#ifndef XEN_DMA_CLIENTS_DISK_H
#define XEN_DMA_CLIENTS_DISK_H

#include <stddef.h>
#include <stdint.h>

#define DISK_BYTES	(8u << 20)
/* After that: how it went, as the domain says. */
#define DISK_REPORT	DISK_BYTES
#define DISK_BLOCK	4096

struct disk_report {
	uint32_t rounds;
	uint32_t wrong;		/* words that were not read as they were written */
};

/* Memory for direct I/O. */
void *disk_buffer(size_t size);

/* Whole or not at all: ends the test. */
void disk_read(int fd, void *buffer, size_t size, off_t offset);
void disk_write(int fd, const void *buffer, size_t size, off_t offset);

/* Words that are not what the second domain writes in a round, the first being 0. */
unsigned int disk_wrong(const uint32_t *words, unsigned int round);

/*
 * The second domain: writes all of its disk and reads it again, as often as
 * "rounds=" on the kernel's command line says, or without end.
 */
int disk_main(void);

#endif /* XEN_DMA_CLIENTS_DISK_H */
