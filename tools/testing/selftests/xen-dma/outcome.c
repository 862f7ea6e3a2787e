// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "outcome.h"

/* Write the line with one write(): the console may be the kernel's log. */
static void comment(const char *fmt, va_list ap)
{
	char text[768];

	vsnprintf(text, sizeof(text), fmt, ap);
	ksft_print_msg("%s\n", text);
	fflush(stdout);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	comment(fmt, ap);
	va_end(ap);
	_exit(KSFT_FAIL);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	comment(fmt, ap);
	va_end(ap);
	_exit(KSFT_SKIP);
}
