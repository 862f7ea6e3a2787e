/* SPDX-License-Identifier: GPL-2.0 */
/*
 * End a test before it returns.  Helpers outside of the harness end tests as well,
 * so these functions do not need its metadata.  Each prints one comment with the
 * values found and wanted: the list of expected failures matches it.
 */
#ifndef XEN_DMA_OUTCOME_H
#define XEN_DMA_OUTCOME_H

#include "kselftest.h"

/* End the test as failed; the text gives the values found and wanted. */
__noreturn __printf(1, 2) void fail(const char *fmt, ...);

/* End the test as skipped; the text gives the reason. */
__noreturn __printf(1, 2) void skip(const char *fmt, ...);

#endif /* XEN_DMA_OUTCOME_H */
