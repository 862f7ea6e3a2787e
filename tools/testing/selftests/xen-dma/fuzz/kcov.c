// SPDX-License-Identifier: GPL-2.0
/* Places in the kernel that the sequences reach, if the kernel has KCOV. */
#include <fcntl.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzzer.h"

#define KCOV_FILE	"/sys/kernel/debug/kcov"
#define WORDS		0x40000
#define BITS		0x400000	/* of a table, shared by all processes */

static uint8_t *seen;
static uint64_t *words;
static int fd = -1;

void kcov_init(void)
{
	if (!access(KCOV_FILE, R_OK))
		seen = mmap(NULL, BITS / 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
}

void kcov_begin(void)
{
	if (!seen)
		return;
	fd = open(KCOV_FILE, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, WORDS))
		return;
	words = mmap(NULL, WORDS * sizeof(*words), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		words = NULL;
	else
		__atomic_store_n(words, 0, __ATOMIC_RELAXED);
}

void kcov_end(void)
{
	uint64_t i, n, bit;

	if (!words)
		return;
	ioctl(fd, KCOV_DISABLE, 0);
	n = __atomic_load_n(words, __ATOMIC_RELAXED);
	for (i = 1; i <= n; i++) {
		/* Instructions have four bytes. */
		bit = (words[i] >> 2) % BITS;
		seen[bit / 8] |= 1 << bit % 8;
	}
}

long kcov_places(void)
{
	long n = 0;
	size_t i;

	if (!seen)
		return -1;
	for (i = 0; i < BITS / 8; i++)
		n += __builtin_popcount(seen[i]);
	return n;
}
