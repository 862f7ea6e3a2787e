/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer.  A sequence is a list of operations, drawn from a seed.  It runs in a
 * process of its own.  Each operation asks the model for the right results before it
 * calls the kernel, and ends the process if the kernel has another one.
 */
#ifndef XEN_DMA_FUZZER_H
#define XEN_DMA_FUZZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kselftest.h"

#include "../memory.h"
#include "test_modules/xen_dma_fuzz.h"

#define OPS		40	/* of a sequence */
#define REASON		512	/* bytes */
#define NO_FRAME	FUZZ_NO_FRAME

/* Operations; draw.c has their names and how often each is drawn. */
enum {
	OP_ALLOC, OP_PAGES, OP_FREE, OP_MMAP, OP_MUNMAP, OP_MREMAP, OP_MPROTECT, OP_MADVISE,
	OP_FORK, OP_KILL, OP_SGTABLE, OP_DEVICE_WRITES, OP_USER_WRITES, OP_EXPORT, OP_CLOSE,
	OP_BUF_MMAP, OP_BUF_SYNC, OP_IMPORT, OP_MAP, OP_SYNC, OP_UNMAP, OP_SYNC_LATE, OP_DATA,
	OP_UNBIND, OP_POOL, OP_P2M, OP_KINDS
};

/* An operation is a kind and random numbers; its meaning depends on the state then. */
struct op {
	uint8_t kind;
	uint32_t arg[6];
};

/* Memory of all processes of a run. */
struct shared {
	char why[REASON];		/* the first wrong result of a sequence */
	int at;			/* number of the operation */
	uint64_t calls;		/* of the code under test */
	uint64_t lookups;	/* in the p2m, and changes of it */
	uint64_t done[OP_KINDS];
};

extern struct shared *shared;	/* of this worker */
extern bool race;		/* other workers run at the same time */
extern bool under_xen;
extern bool verbose;		/* print each operation */
extern unsigned int worker, workers;	/* number of this one, and how many */
extern int fuzz_fd, translate_fd;

/* draw.c */
void draw(uint64_t seed, struct op *ops);
uint64_t mix(uint64_t n);
const char *op_name(unsigned int kind);
bool op_in_race(unsigned int kind);

/* sequence.c: end the process, because a result is not that of the model. */
__noreturn __printf(1, 2) void wrong(const char *fmt, ...);
/* Describe the operation; printed only of a failure. */
__printf(1, 2) void say(const char *fmt, ...);
/* Do a request of the module; return 0 or a positive error. */
int request(unsigned long cmd, void *arg);
int request_number(unsigned long cmd, unsigned long number);
/* Check the error of a call: 0 or an errno. */
void expect(int found, int want, const char *what);
/* Wait for a process of an operation; end this one, too, if it found something wrong. */
void wait_for(int pid, bool killed);

/* Run a sequence with the operations of a mask in a process; return whether it passes. */
bool run_sequence(uint64_t seed, uint64_t mask);
uint64_t shrink(uint64_t seed, uint64_t mask, unsigned int *runs);

/* kcov.c */
void kcov_init(void);
void kcov_begin(void);
void kcov_end(void);
long kcov_places(void);		/* distinct places so far; -1 without KCOV */

/* count.c */
struct counts {
	long pages;		/* free memory */
	long pools;		/* free pages of the pools */
	long slots;		/* used bounce buffers */
	long buffers;		/* dma-bufs of the kernel */
	struct fuzz_counts own;
};

struct counts counts_now(void);

/* p2m.c */
void p2m_begin(void);	/* insert the entries that stay */
void p2m_end(void);

#endif /* XEN_DMA_FUZZER_H */
