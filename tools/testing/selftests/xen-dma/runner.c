// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "runner.h"

/* Exit statuses of a test's process; anything else is an accident. */
enum { PASSED = 0, FAILED = 10, SKIPPED = 11 };

static unsigned int stray;
static char first[sizeof(((struct xdt_seen *)0)->first)];
static unsigned int planned, passed, failed, skipped;

static void comment(const char *fmt, va_list ap)
{
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	comment(fmt, ap);
	va_end(ap);
	_exit(FAILED);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	comment(fmt, ap);
	va_end(ap);
	_exit(SKIPPED);
}

void plan(unsigned int tests)
{
	planned = tests;
	printf("KTAP version 1\n1..%u\n", tests);
	fflush(stdout);
}

void run(const char *name, const char *sub, void (*fn)(const void *),
	 const void *arg)
{
	unsigned int n = passed + failed + skipped + 1;
	const char *result = "not ok", *directive = "";
	struct xdt_seen seen;
	int status;
	pid_t pid;

	if (seen_take(&seen) && seen.hits) {
		if (!stray)
			memcpy(first, seen.first, sizeof(first));
		stray += seen.hits;
	}
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(TEST_TIMEOUT);
		fn(arg);
		_exit(PASSED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("# fork");
		status = FAILED << 8;
	}

	if (WIFSIGNALED(status))
		printf("# killed by signal %d (%s)\n", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	if (seen_take(&seen) && (seen.hits || seen.missed)) {
		printf("# detector: %u hits, %u missed, %s\n", seen.hits,
		       seen.missed, seen.first);
		status = FAILED << 8;
	}

	if (WIFEXITED(status) && WEXITSTATUS(status) == PASSED) {
		passed++;
		result = "ok";
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		skipped++;
		result = "ok";
		directive = " # SKIP";
	} else {
		failed++;
	}
	printf("%s %u %s.%s%s\n", result, n, name, sub, directive);
	fflush(stdout);
}

unsigned int stray_hits(void)
{
	return stray;
}

const char *first_stray(void)
{
	return first;
}

int finish(void)
{
	if (passed + failed + skipped != planned) {
		printf("# %u tests planned, %u ran\n", planned,
		       passed + failed + skipped);
		return 1;
	}
	printf("# xen-dma-test complete: pass:%u fail:%u skip:%u\n", passed,
	       failed, skipped);
	fflush(stdout);
	return failed ? 1 : 0;
}
