// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the DMA buffers of a dom0 against a model.  Arguments are NAME=NUMBER:
 *   seed=     of the first sequence; the next ones follow
 *   seconds=  how long to run
 *   sequences=  run so many
 *   calls=    end after so many calls of a process, and fail with fewer
 *   workers=  processes at the same time, which race
 *   kept=     pages that may be missing in the end, because caches of the kernel grow
 *   ops=      only these operations of each sequence, as 0,3,7
 *   fault=    leak, pages or detector: do something that the run must report
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model.h"
#include "run.h"

#define KEPT		"/fuzz-seeds"
#define MORE		200	/* pages that a control fills besides */
#define WARM_UP		32	/* sequences, for allocations that are kept */

struct args args = {
	.seed = 1, .seconds = 60, .sequences = UINT64_MAX, .workers = 1, .kept = 512,
	.mask = ALL, .fault = "",
};

struct run *runs;

static uint64_t mask_of(const char *list)
{
	uint64_t mask = 0;
	char *end;

	while (*list) {
		mask |= 1ull << strtoul(list, &end, 10) % OPS;
		list = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			ksft_exit_fail_msg("ops=%s is no list of numbers\n", list);
	}
	return mask;
}

static void parse(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t *value;
	} names[] = {
		{ "seed=", &args.seed }, { "seconds=", &args.seconds },
		{ "sequences=", &args.sequences }, { "calls=", &args.calls },
		{ "workers=", &args.workers }, { "kept=", &args.kept },
	};
	unsigned int j;
	int i;

	for (i = 1; i < argc; i++) {
		for (j = 0; j < COUNT(names); j++)
			if (!strncmp(argv[i], names[j].name, strlen(names[j].name)))
				break;
		if (j < COUNT(names))
			*names[j].value = strtoull(argv[i] + strlen(names[j].name), NULL, 10);
		else if (!strncmp(argv[i], "ops=", 4))
			args.mask = mask_of(argv[i] + 4);
		else if (!strncmp(argv[i], "fault=", 6))
			args.fault = argv[i] + 6;
		else
			ksft_exit_fail_msg("%s is unknown\n", argv[i]);
	}
	if (args.workers < 1 || args.workers > WORKERS)
		ksft_exit_fail_msg("workers= is 1 to %u\n", WORKERS);
}

void in_worker(unsigned int number)
{
	worker = number;
	shared = &runs[number].shared;
	translate_fd = open(XDT_DEV_PREFIX "plain", O_RDWR | O_CLOEXEC);
}

static bool has_failed(void)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		if (__atomic_load_n(&runs[i].has_failed, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* Run sequences until the time is over, or one fails. */
static void work(uint64_t first, uint64_t most, time_t end)
{
	struct run *r = &runs[worker];
	uint64_t i;

	for (i = first; i < most && time(NULL) < end && !has_failed(); i++) {
		uint64_t seed = args.seed + i * args.workers + worker;

		if (args.calls && shared->calls >= args.calls)
			break;
		r->sequences++;
		if (!run_sequence(seed, args.mask)) {
			r->failed = seed;
			r->has_failed = true;
		}
	}
}

/* Run the sequences of a file first: those that have once found a fault. */
static void work_kept(void)
{
	FILE *f = fopen(KEPT, "r");
	struct run *r = &runs[worker];
	char line[128], *end;
	uint64_t seed;

	while (f && fgets(line, sizeof(line), f)) {
		seed = strtoull(line, &end, 10);
		if (end == line)
			continue;
		r->sequences++;
		if (!run_sequence(seed, ALL)) {
			r->failed = seed;
			r->has_failed = true;
			break;
		}
	}
	if (f)
		fclose(f);
}

/* Leave something of each kind behind. */
static void leak(void)
{
	struct fuzz_alloc a = { .dev = FUZZ_STATIC_POOL, .size = PAGE };
	struct fuzz_map m = { .fd = -1, .dir = FROM_DEVICE, .size = 8 };
	struct fuzz_export e = {};
	int bad;

	bad = ioctl(fuzz_fd, FUZZ_IOC_ALLOC, &a) || ioctl(fuzz_fd, FUZZ_IOC_EXPORT, &e);
	a = (struct fuzz_alloc) { .dev = FUZZ_PLAIN, .size = 16 * PAGE };
	for (a.obj = 1; a.obj < FUZZ_OBJECTS && !bad; a.obj++)
		bad = ioctl(fuzz_fd, FUZZ_IOC_ALLOC, &a);
	m.obj = 1;
	m.phys = a.cpu_pfn * PAGE;
	if (bad || ioctl(fuzz_fd, FUZZ_IOC_MAP, &m))
		ksft_exit_fail_msg("no fault: %s\n", strerror(errno));
}

/* Sync memory that the kernel does not map. */
static void provoke(void)
{
	struct xdt_provoke p = { .phys = unmapped_memory(), .size = PAGE };

	if (ioctl(translate_fd, XDT_IOC_PROVOKE, &p))
		ksft_exit_fail_msg("no fault: %s\n", strerror(errno));
}

/* Fill memory, and leave all else as it was. */
static void fill_memory(void)
{
	int fd = open("/filled", O_WRONLY | O_CREAT, 0600);
	static const char page[PAGE];
	unsigned int i;

	for (i = 0; i < args.kept + MORE; i++)
		if (write(fd, page, PAGE) != PAGE)
			ksft_exit_fail_msg("no fault: %s\n", strerror(errno));
	close(fd);
}

/* Work in several processes at the same time; return whether all of them end. */
static bool race_all(time_t end)
{
	pid_t pids[WORKERS];
	bool ended = true;
	unsigned int i;
	int status;

	for (i = 0; i < args.workers; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			in_worker(i);
			work(0, args.sequences, end);
			_exit(0);
		}
		if (pids[i] < 0)
			ksft_exit_fail_msg("fork: %s\n", strerror(errno));
	}
	for (i = 0; i < args.workers; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status || !runs[i].sequences) {
			ksft_print_msg("worker %u has ended early, status 0x%x\n", i, status);
			ended = false;
		}
	return ended;
}

int main(int argc, char **argv)
{
	struct counts before, after;
	struct xdt_seen seen = {};
	bool failed, silent, ended = true;
	time_t end;

	ksft_print_header();
	ksft_set_plan(4);
	parse(argc, argv);
	runs = mmap(NULL, WORKERS * sizeof(*runs), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	workers = args.workers;
	race = workers > 1;
	under_xen = !access("/proc/device-tree/hypervisor", F_OK);
	model_devices();
	before = counts_now();
	kcov_init();
	in_worker(0);
	fuzz_fd = open(FUZZ_FILE, O_RDWR | O_CLOEXEC);
	p2m_begin();
	seen_take(&seen);

	end = time(NULL) + args.seconds;
	if (race) {
		ended = race_all(end);
	} else {
		if (args.sequences == UINT64_MAX)
			work_kept();
		work(0, args.sequences < WARM_UP ? args.sequences : WARM_UP, end);
		before.pages = counts_now().pages;
		work(WARM_UP, args.sequences, end);
	}
	failed = has_failed();
	if (!strcmp(args.fault, "leak"))
		leak();
	if (!strcmp(args.fault, "pages"))
		fill_memory();
	if (!strcmp(args.fault, "detector"))
		provoke();
	after = counts_now();
	if (failed)
		report();
	ksft_test_result(!failed, "fuzz.sequences\n");
	ksft_test_result(!leaks(&before, &after), "fuzz.leaks\n");
	/* Without a race, each sequence has asked the detector. */
	silent = seen_take(&seen) && !seen.hits && !seen.missed;
	if (!silent)
		ksft_print_msg("detector: %u hits, %u missed, %s\n", seen.hits, seen.missed,
			       seen.first);
	ksft_test_result(silent, "fuzz.detector\n");
	ksft_test_result(enough(failed) && ended, "fuzz.calls\n");
	ksft_finished();
}
