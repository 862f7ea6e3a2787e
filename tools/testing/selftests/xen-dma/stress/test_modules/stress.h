/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_STRESS_H
#define XEN_DMA_STRESS_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/printk.h>

#define CPUS		4
/* Lockdep and KCSAN make each step several times slower. */
#define SLOW		(IS_ENABLED(CONFIG_PROVE_LOCKING) || IS_ENABLED(CONFIG_KCSAN) ? 20 : 1)
/* Dma-debug makes each mapping slower. */
#define SLOW_DMA	(IS_ENABLED(CONFIG_DMA_API_DEBUG) ? 20 : SLOW)
/* Frames for entries: no memory is at 64 GiB. */
#define FIRST_PFN	0x1000000ul

/* Write a message of the next result. */
#define note(fmt, ...)	pr_info("# " fmt "\n", ##__VA_ARGS__)

/*
 * Run a function in several threads at once, each with its number.  Thread N runs on
 * CPU N modulo CPUS.  Return 0, or the error of a thread.
 * @took: the time until the last thread ends, or NULL
 */
int on_cpus(unsigned int threads, int (*fn)(unsigned int number, void *arg), void *arg,
	    ktime_t *took);

/* Return a number for a thread, which has its own @state: another one each time. */
u32 any(u32 *state);

/* The tests return whether they pass. */
bool p2m_model(void);
bool p2m_torture(void);
bool dma_stress(void);
bool dma_throughput(void);
bool dma_balloon(void);

/*
 * The state of dma_stress().  Its threads count the addresses that are not those of
 * the frames in @wrong.
 */
struct dma_stress {
	struct device *dev;
	atomic_t left;			/* threads with fewer rounds than they need */
	atomic_t wrong;
	unsigned int granted;		/* mappings of grants */
};

/* Map a page, check its address and unmap it. */
void stress_page(struct dma_stress *s, struct page *page, phys_addr_t frame);

/* Return whether to begin round @n; all threads go on until each has @least rounds. */
static inline bool stress_goes_on(struct dma_stress *s, u32 n, u32 least)
{
	if (n == least)
		atomic_dec(&s->left);
	return atomic_read(&s->left) > 0;
}

/* Return the device, with a reference, or NULL. */
struct device *stress_device(void);

/* Map and unmap grants of dom0 to itself. */
int stress_grants(struct dma_stress *s);

/* The same at these pages: 64 or more, which are no RAM. */
int stress_grants_at(struct dma_stress *s, struct page **pages, u32 rounds);

#endif /* XEN_DMA_STRESS_H */
