/* SPDX-License-Identifier: GPL-2.0 */
/* Pictures that dom0 and a second domain share without a copy. */
#ifndef XEN_DMA_CLIENTS_SHARE_TESTS_H
#define XEN_DMA_CLIENTS_SHARE_TESTS_H

/* Add the tests: those of frames of the domain, and then those of frames of dom0. */
void share_add(void);
void give_add(void);

/* Show a picture of the domain, call @destroy, which ends the domain, and look again. */
void share_while(void (*destroy)(void));

/* Memory that processes share: the rounds of share_until_killed(), and MemFree in KiB. */
struct share_busy {
	volatile unsigned int rounds;
	long free_first;
};

struct share_busy *share_busy_new(void);

/* Make, import and close dma-bufs of frames of the domain. */
void __attribute__((noreturn)) share_until_killed(struct share_busy *busy);

/* Return a line of /proc/meminfo, KiB. */
long kib_of(const char *name);

#endif /* XEN_DMA_CLIENTS_SHARE_TESTS_H */
