// SPDX-License-Identifier: GPL-2.0
/* kmemleak looks for memory that nobody has a pointer to. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../clients/runner.h"
#include "../outcome.h"
#include "state.h"
#include "tests.h"

static void lost_nothing(const void *arg)
{
	char why[WHY] = "";

	if (memory_is_lost(why))
		fail("%s", why);
}

static void lost_control(const void *arg)
{
	char why[WHY] = "";
	int fd = file_open(FAULTS_FILE, O_RDWR);

	file_call(fd, FAULTS_IOC_FORGET, NULL, "FAULTS_IOC_FORGET");
	if (!memory_is_lost(why) || !strstr(why, "faults_forget"))
		fail("kmemleak has found: %s", why);
	/* Whoever asks after this test is to see other objects only. */
	file_put(KMEMLEAK, "clear");
}

void lost_add(void)
{
	/* This order: kmemleak reports each object until the end. */
	test_add("lost", "nothing", lost_nothing, NULL);
	test_add("lost", "control", lost_control, NULL);
}
