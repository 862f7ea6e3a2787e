// SPDX-License-Identifier: GPL-2.0
/* Other processes: with the mappings of their parent, and killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model.h"

void op_fork(const struct op *op)
{
	int pid = fork();

	if (!pid) {
		check_child(op->arg[0]);
		_exit(0);
	}
	say("fork");
	shared->calls++;
	if (pid < 0)
		wrong("fork: %s", strerror(errno));
	wait_for(pid, false);
}

/* Hold a buffer, a mapping of it and a dma-buf, until somebody kills this process. */
static void hold(const struct op *op, int ready)
{
	struct fuzz_alloc a = { .dev = any_device(op->arg[0]), .size = 2 * PAGE };
	struct fuzz_export e = {};
	int fd = open(FUZZ_FILE, O_RDWR);
	volatile char *at;

	if (!ioctl(fd, FUZZ_IOC_ALLOC, &a) && !ioctl(fd, FUZZ_IOC_SELECT, 0)) {
		at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ioctl(fd, FUZZ_IOC_EXPORT, &e);
		if (at == MAP_FAILED || e.fd <= 0)
			wrong("kill: the process has no mapping: %s", strerror(errno));
	}
	if (write(ready, "", 1) != 1)
		wrong("kill: %s", strerror(errno));
	for (;;)
		pause();
}

static struct fuzz_counts counts(void)
{
	struct fuzz_counts c;

	if (ioctl(fuzz_fd, FUZZ_IOC_COUNTS, &c))
		wrong("FUZZ_IOC_COUNTS: %s", strerror(errno));
	return c;
}

void op_kill(const struct op *op)
{
	struct fuzz_counts before = counts(), after;
	int pipes[2], pid;
	char byte;

	if (pipe(pipes))
		wrong("pipe: %s", strerror(errno));
	say("kill a process");
	shared->calls++;
	pid = fork();
	if (!pid) {
		close(pipes[0]);
		hold(op, pipes[1]);
	}
	close(pipes[1]);
	if (pid > 0 && read(pipes[0], &byte, 1) == 1)
		kill(pid, SIGKILL);
	close(pipes[0]);
	wait_for(pid, true);
	after = counts();
	if (!race && memcmp(&before, &after, sizeof(before)))
		wrong("kill: %u objects, %u dma-bufs, %u streams; before %u, %u, %u",
		      after.objects, after.buffers, after.streams, before.objects,
		      before.buffers, before.streams);
}
