// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>

#include "check.h"
#include "pattern.h"

static void check_page(struct found *f, const uint64_t *have, const uint64_t *want,
		       size_t page, const char *about)
{
	uint64_t word = pattern();
	bool foreign = false;
	size_t i, wrong = 0, at = 0;

	for (i = 0; i < PAGE_WORDS; i++) {
		foreign |= have[i] == word;
		if (have[i] != want[i] && !wrong++)
			at = i;
	}
	f->pages++;
	f->foreign += foreign;
	f->wrong += wrong > 0;
	if ((foreign || wrong) && !f->first[0])
		snprintf(f->first, sizeof(f->first),
			 "%s: page %zu has %zu wrong words, word %zu is 0x%llx, wanted 0x%llx",
			 about, page, wrong, at, (unsigned long long)have[at],
			 (unsigned long long)want[at]);
}

void check_pages(struct found *f, const void *have, const void *want, size_t pages,
		 const char *about)
{
	const uint64_t *seen = have, *wanted = want;
	size_t i;

	for (i = 0; i < pages; i++)
		check_page(f, seen + i * PAGE_WORDS, wanted + i * PAGE_WORDS, i, about);
}
