// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "../memory.h"
#include "../outcome.h"
#include "runner.h"

/* Seconds after which a single test counts as hung. */
#define TEST_TIMEOUT	240
#define MAX_TESTS	100

static struct {
	char name[80];
	void (*fn)(const void *arg);
	const void *arg;
} tests[MAX_TESTS];

static unsigned int n_tests, stray;
static char first[sizeof(((struct xdt_seen *)0)->first)];

void test_add(const char *group, const char *name, void (*fn)(const void *),
	      const void *arg)
{
	if (n_tests == MAX_TESTS)
		ksft_exit_fail_msg("more than %u tests\n", MAX_TESTS);
	snprintf(tests[n_tests].name, sizeof(tests[n_tests].name), "%s.%s", group, name);
	tests[n_tests].fn = fn;
	tests[n_tests++].arg = arg;
}

/* Take the hits since the last test: they belong to no test. */
static void take_stray(void)
{
	struct xdt_seen seen;

	if (!seen_take(&seen) || !seen.hits)
		return;
	if (!stray)
		memcpy(first, seen.first, sizeof(first));
	stray += seen.hits;
}

/* Run a test and return its exit code, as in kselftest.h. */
static int run_test(unsigned int i)
{
	struct xdt_seen seen;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(TEST_TIMEOUT);
		tests[i].fn(tests[i].arg);
		_exit(KSFT_PASS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		ksft_perror("fork");
		return KSFT_FAIL;
	}
	if (WIFSIGNALED(status))
		ksft_print_msg("killed by signal %d (%s)\n", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	if (seen_take(&seen) && (seen.hits || seen.missed)) {
		ksft_print_msg("detector: %u hits, %u missed, %s\n", seen.hits,
			       seen.missed, seen.first);
		return KSFT_FAIL;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : KSFT_FAIL;
}

void answered(void)
{
	char answer;

	fflush(stdout);
	do {
		if (read(STDIN_FILENO, &answer, 1) != 1)
			fail("nobody answers");
	} while (answer != '\n');
}

int tests_run(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(n_tests);
	for (i = 0; i < n_tests; i++) {
		take_stray();
		ksft_test_result_code(run_test(i), tests[i].name, NULL);
	}
	ksft_finished();
}

unsigned int stray_hits(void)
{
	return stray;
}

const char *first_stray(void)
{
	return first;
}
