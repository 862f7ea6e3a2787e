// SPDX-License-Identifier: GPL-2.0
/* Run a sequence in a process, and find out which of its operations a failure needs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define TIMEOUT		300	/* seconds of a sequence, on a busy host */
#define SHRINK_TIME	60	/* seconds */

struct shared *shared;
bool race, under_xen, verbose;
unsigned int worker, workers;
int fuzz_fd, translate_fd;

static void (*const functions[OP_KINDS])(const struct op *op) = {
	[OP_ALLOC] = op_alloc, [OP_PAGES] = op_pages, [OP_FREE] = op_free, [OP_MMAP] = op_mmap,
	[OP_MUNMAP] = op_munmap, [OP_MREMAP] = op_mremap, [OP_MPROTECT] = op_mprotect,
	[OP_MADVISE] = op_madvise, [OP_FORK] = op_fork, [OP_KILL] = op_kill,
	[OP_SGTABLE] = op_sgtable, [OP_DEVICE_WRITES] = op_device_writes,
	[OP_USER_WRITES] = op_user_writes, [OP_EXPORT] = op_export, [OP_CLOSE] = op_close,
	[OP_BUF_MMAP] = op_buf_mmap, [OP_BUF_SYNC] = op_buf_sync, [OP_IMPORT] = op_import,
	[OP_MAP] = op_map, [OP_SYNC] = op_sync, [OP_UNMAP] = op_unmap,
	[OP_SYNC_LATE] = op_sync_late, [OP_DATA] = op_data, [OP_UNBIND] = op_unbind,
	[OP_POOL] = op_pool, [OP_P2M] = op_p2m,
};

static unsigned int current_kind;

void wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->why, sizeof(shared->why), fmt, ap);
	va_end(ap);
	_exit(KSFT_FAIL);
}

void say(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	shared->done[current_kind]++;
	if (!verbose)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ksft_print_msg("%d: %s\n", shared->at, text);
	fflush(stdout);
}

int request(unsigned long cmd, void *arg)
{
	shared->calls += cmd != FUZZ_IOC_P2M;
	return ioctl(fuzz_fd, cmd, arg) ? errno : 0;
}

int request_number(unsigned long cmd, unsigned long number)
{
	shared->calls += cmd != FUZZ_IOC_SELECT;
	return ioctl(fuzz_fd, cmd, number) ? errno : 0;
}

void expect(int found, int want, const char *what)
{
	if (found != want)
		wrong("%s: %s, wanted %s", what, found ? strerror(found) : "no error",
		      want ? strerror(want) : "no error");
}

void wait_for(int pid, bool killed)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		wrong("waitpid: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		_exit(KSFT_FAIL);
	if (killed ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL : !WIFEXITED(status))
		wrong("a process ended with status 0x%x", status);
}

/* Give up everything, in an order that a driver can have. */
static void clean_up(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_STREAMS; i++)
		if (streams[i].mapped)
			drop_stream(&streams[i]);
	for (i = 0; i < BUFS; i++)
		if (bufs[i].obj)
			drop_buf(&bufs[i]);
	for (i = 0; i < MAPS; i++)
		if (maps[i].at)
			drop_map(&maps[i]);
	for (i = 0; i < FUZZ_OBJECTS; i++)
		if (objs[i].handle)
			drop_obj(&objs[i]);
}

static void run_ops(uint64_t seed, uint64_t mask)
{
	struct op ops[OPS];
	int i;

	alarm(TIMEOUT);
	fuzz_fd = open(FUZZ_FILE, O_RDWR | O_CLOEXEC);
	if (fuzz_fd < 0)
		wrong(FUZZ_FILE ": %s", strerror(errno));
	draw(seed, ops);
	kcov_begin();
	for (i = 0; i < OPS; i++) {
		if (!(mask >> i & 1))
			continue;
		shared->at = i;
		current_kind = ops[i].kind;
		functions[ops[i].kind](&ops[i]);
	}
	kcov_end();
	/* The kernel cleans up as well, when the process ends. */
	if (seed % 4)
		clean_up();
	p2m_end();
	_exit(KSFT_PASS);
}

/* Nothing of a sequence stays behind, and the detector has seen nothing. */
static bool silent(void)
{
	struct fuzz_counts c = {};
	struct xdt_seen seen;
	int fd;

	if (race)
		return true;
	fd = open(FUZZ_FILE, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FUZZ_IOC_COUNTS, &c))
		snprintf(shared->why, REASON, FUZZ_FILE ": %s", strerror(errno));
	else if (c.objects || c.buffers || c.streams)
		snprintf(shared->why, REASON, "%u objects, %u dma-bufs and %u streams stay behind",
			 c.objects, c.buffers, c.streams);
	else if (!seen_take(&seen) || seen.hits || seen.missed)
		snprintf(shared->why, REASON, "detector: %u hits, %u missed, %s", seen.hits,
			 seen.missed, seen.first);
	close(fd);
	return !shared->why[0];
}

bool run_sequence(uint64_t seed, uint64_t mask)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	shared->why[0] = 0;
	pid = fork();
	if (!pid)
		run_ops(seed, mask);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		snprintf(shared->why, REASON, "fork: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		snprintf(shared->why, REASON, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (status && !shared->why[0])
		snprintf(shared->why, REASON, "status 0x%x", status);
	return !shared->why[0] && silent();
}

/*
 * Return a mask with fewer operations, which fails as well.  Leave out half of the
 * operations, a quarter and so on, until each that is left is needed.
 */
uint64_t shrink(uint64_t seed, uint64_t mask, unsigned int *runs)
{
	time_t end = time(NULL) + SHRINK_TIME;
	unsigned int n = OPS / 2, at;
	bool changed = false;

	while (n && time(NULL) < end) {
		changed = false;
		for (at = 0; at < OPS && time(NULL) < end; at += n) {
			uint64_t part = ((1ull << n) - 1) << at & mask;

			if (!part || part == mask)
				continue;
			++*runs;
			if (!run_sequence(seed, mask & ~part)) {
				mask &= ~part;
				changed = true;
			}
		}
		if (!changed)
			n /= 2;
	}
	return mask;
}
