// SPDX-License-Identifier: GPL-2.0
/* Draw the operations of a sequence: the same for the same seed, on every machine. */
#include "fuzzer.h"

static const struct {
	const char *name;
	unsigned int weight, in_race;
} kinds[OP_KINDS] = {
	[OP_ALLOC] = { "alloc", 14, 8 },
	[OP_PAGES] = { "pages", 6, 4 },
	[OP_FREE] = { "free", 6, 5 },
	[OP_MMAP] = { "mmap", 14, 6 },
	[OP_MUNMAP] = { "munmap", 5, 3 },
	[OP_MREMAP] = { "mremap", 5, 2 },
	[OP_MPROTECT] = { "mprotect", 3, 1 },
	[OP_MADVISE] = { "madvise", 4, 1 },
	[OP_FORK] = { "fork", 1, 0 },
	[OP_KILL] = { "kill", 1, 0 },
	[OP_SGTABLE] = { "sgtable", 5, 4 },
	[OP_DEVICE_WRITES] = { "device-writes", 6, 2 },
	[OP_USER_WRITES] = { "user-writes", 6, 2 },
	[OP_EXPORT] = { "export", 5, 3 },
	[OP_CLOSE] = { "close", 2, 2 },
	[OP_BUF_MMAP] = { "buf-mmap", 5, 2 },
	[OP_BUF_SYNC] = { "buf-sync", 4, 3 },
	[OP_IMPORT] = { "import", 7, 6 },
	[OP_MAP] = { "map", 12, 14 },
	[OP_SYNC] = { "sync", 10, 12 },
	[OP_UNMAP] = { "unmap", 7, 8 },
	[OP_SYNC_LATE] = { "sync-late", 4, 2 },
	[OP_DATA] = { "data", 10, 6 },
	[OP_UNBIND] = { "unbind", 1, 0 },
	[OP_POOL] = { "pool", 1, 0 },
	[OP_P2M] = { "p2m", 3, 40 },
};

const char *op_name(unsigned int kind)
{
	return kinds[kind].name;
}

bool op_in_race(unsigned int kind)
{
	return kinds[kind].in_race;
}

/* Return the next state of xorshift64*; the state is not 0. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* Seeds that follow each other must not give similar sequences. */
uint64_t mix(uint64_t n)
{
	n = (n ^ n >> 33) * 0xff51afd7ed558ccdull;
	n = (n ^ n >> 33) * 0xc4ceb9fe1a85ec53ull;
	return (n ^ n >> 33) | 1;
}

static uint8_t draw_kind(uint64_t number)
{
	unsigned int sum = 0, at, i;

	for (i = 0; i < OP_KINDS; i++)
		sum += race ? kinds[i].in_race : kinds[i].weight;
	at = (number >> 16) % sum;
	for (i = 0; i < OP_KINDS; i++) {
		sum = race ? kinds[i].in_race : kinds[i].weight;
		if (at < sum)
			break;
		at -= sum;
	}
	return i;
}

void draw(uint64_t seed, struct op *ops)
{
	uint64_t state = mix(seed + 1);
	unsigned int i, j;

	for (i = 0; i < OPS; i++) {
		ops[i].kind = draw_kind(next(&state));
		for (j = 0; j < COUNT(ops[i].arg); j++)
			ops[i].arg[j] = next(&state) >> 32;
	}
	/* Nothing can be done without memory. */
	ops[0].kind = OP_ALLOC;
	ops[1].kind = OP_PAGES;
}
