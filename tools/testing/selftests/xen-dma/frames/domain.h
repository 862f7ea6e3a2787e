/* SPDX-License-Identifier: GPL-2.0 */
/* The other domain, which xl has made. */
#ifndef XEN_DMA_FRAMES_DOMAIN_H
#define XEN_DMA_FRAMES_DOMAIN_H

#include <stddef.h>
#include <stdint.h>

/* The machine has 1 GiB from address 0, see q35.py. */
#define MACHINE_FRAMES	(1ul << 18)

/* Return the MiB that the domain has filled; wait for it. */
unsigned int domain_filled(void);

/*
 * Return the words that are wrong in the domain, by its own next complete report.
 * It verifies all its memory for each report.
 */
unsigned long domain_wrong(void);

unsigned int domain_id(void);

/*
 * Map those of @count machine frames that belong to domain @id, from @first on.
 * Set error[i] to 0 if page i of the mapping can be read.
 */
void *domain_map(unsigned int id, unsigned long first, size_t count, int *error);

#endif /* XEN_DMA_FRAMES_DOMAIN_H */
