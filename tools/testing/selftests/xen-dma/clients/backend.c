// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_DIRECT */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../buffer.h"
#include "file.h"
#include "../outcome.h"
#include "backend.h"
#include "disk.h"
#include "runner.h"

#define LOG		"/xl.log"
#define CONSOLE		"/var/log/xen/guest-disk.log"
#define ROUNDS		3

/* Print the last lines of a log as comments. */
static void show_log(const char *log)
{
	char lines[20][200];
	unsigned int n = 0, i;
	FILE *f = fopen(log, "r");

	while (f && fgets(lines[n % 20], sizeof(lines[0]), f))
		n++;
	for (i = n > 20 ? n - 20 : 0; i < n; i++)
		printf("# %.*s\n", (int)strcspn(lines[i % 20], "\r\n"), lines[i % 20]);
	if (f)
		fclose(f);
}

void backend_command(const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s >" LOG " 2>&1", line);
	if (system(whole)) {
		show_log(LOG);
		show_log(CONSOLE);
		fail("%s has failed", line);
	}
}

int backend_others;

/* Count the domains that xl has made: also a destroyed one with mapped frames. */
static int domains(void)
{
	int n = -2 - backend_others;	/* the heading, and dom0 */
	char line[256];
	FILE *f = popen("xl list", "r");

	while (f && fgets(line, sizeof(line), f))
		n++;
	if (!f || pclose(f))
		fail("xl list has failed");
	return n;
}

static unsigned int backends(void)
{
	DIR *dir = opendir(BACKEND_DEVICES);
	struct dirent *entry;
	unsigned int n = 0;

	while (dir && (entry = readdir(dir)))
		n += !strncmp(entry->d_name, "vbd-", 4);
	if (!dir)
		fail("there is no " BACKEND_DEVICES);
	closedir(dir);
	return n;
}

void backend_is_gone(void)
{
	unsigned int tries;

	for (tries = 0; tries < 100 && (domains() || backends()); tries++)
		usleep(100000);
	if (domains() || backends())
		fail("%d domains and %u backends are left", domains(), backends());
}

void backend_start(const void *arg)
{
	backend_command("toolstack");
	backend_is_gone();
}

void backend_remove(void)
{
	if (!system("xl destroy disk >/dev/null 2>&1"))
		unlink(CONSOLE);
}

/* Let the domain write and read; then dom0 reads the data of its last round. */
static void use(void)
{
	struct disk_report *report = disk_buffer(DISK_BLOCK);
	uint32_t *words = disk_buffer(DISK_BYTES);
	int fd = file_open(BACKEND_DISK, O_RDWR | O_DIRECT);
	char line[128];
	unsigned int wrong;

	backend_remove();
	disk_write(fd, words, DISK_BYTES, 0);
	disk_write(fd, report, DISK_BLOCK, DISK_REPORT);
	snprintf(line, sizeof(line),
		 BACKEND_CREATE " -F 'extra=\"workload=disk rounds=%u\"'", ROUNDS);
	backend_command(line);
	disk_read(fd, report, DISK_BLOCK, DISK_REPORT);
	if (report->rounds != ROUNDS || report->wrong) {
		show_log(CONSOLE);
		fail("the domain has ended %u of %u rounds, %u words are wrong", report->rounds,
		     ROUNDS, report->wrong);
	}
	disk_read(fd, words, DISK_BYTES, 0);
	wrong = disk_wrong(words, ROUNDS - 1);
	if (wrong)
		fail("%u words on the disk are not what the domain has written", wrong);
	close(fd);
	backend_is_gone();
}

/* Use persistent grants: the frontend grants its pages once, and uses them again. */
static void persistent(const void *arg)
{
	file_put(BACKEND_PERSISTENT, "Y");
	use();
}

/* Grant the pages of the program, for one request each. */
static void each_request(const void *arg)
{
	file_put(BACKEND_PERSISTENT, "N");
	use();
}

static unsigned long sectors_written(void)
{
	FILE *f = fopen("/sys/block/vda/stat", "r");
	unsigned long n;

	if (!f || fscanf(f, "%*u %*u %*u %*u %*u %*u %lu", &n) != 1)
		fail("/sys/block/vda/stat cannot be read");
	fclose(f);
	return n;
}

void backend_wait(size_t bytes)
{
	unsigned long wanted = sectors_written() + bytes / 512;
	unsigned int tries;

	for (tries = 0; tries < 300 && sectors_written() < wanted; tries++)
		usleep(100000);
	if (tries == 300) {
		show_log(CONSOLE);
		fail("the domain writes nothing");
	}
}

/* Destroy the domain while it uses the disk; the disk of the next one must work. */
static void destroyed(const void *arg)
{
	backend_remove();
	file_put(BACKEND_PERSISTENT, "N");
	backend_command(BACKEND_CREATE " -e 'extra=\"workload=disk\"'");
	backend_wait(3 * DISK_BYTES);
	backend_command("xl destroy disk");
	backend_is_gone();
	use();
}

static const struct {
	const char *name;
	void (*fn)(const void *arg);
} tests[] = {
	{ "toolstack", backend_start },
	{ "persistent", persistent },
	{ "each_request", each_request },
	{ "destroyed", destroyed },
};

void backend_add(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(tests); i++)
		test_add("backend", tests[i].name, tests[i].fn, NULL);
}
