// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file.h"
#include "../outcome.h"
#include "guest.h"
#include "runner.h"
#include "share.h"
#include "test_modules/grants.h"

#define CPUS	4

static struct grants_result grants(unsigned int die)
{
	int fd = file_open(GRANTS_DEVICE, O_RDWR);
	struct grants_result r = { .die = die };

	file_call(fd, GRANTS_RUN, &r, "GRANTS_RUN");
	close(fd);
	printf("# %u frames, %u of them in a section with dom0's memory, on %u CPUs\n",
	       GRANTS_PAGES, r.in_section, r.cpus);
	if (r.not_mapped || r.wrong_here || r.wrong_there || r.not_unmapped)
		fail("%u not mapped, %u wrong here and %u there, %u not unmapped",
		     r.not_mapped, r.wrong_here, r.wrong_there, r.not_unmapped);
	return r;
}

/* Check that there are frames of both kinds, and that all CPUs take part. */
static void share(const void *arg)
{
	struct grants_result r = grants(0);

	if (r.cpus != CPUS)
		fail("%u CPUs took part, wanted %u", r.cpus, CPUS);
	if (!r.in_section || r.in_section == GRANTS_PAGES)
		fail("%u of %u frames are in a section with dom0's memory", r.in_section,
		     GRANTS_PAGES);
}

static void again(const void *arg)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		grants(0);
}

static void destroy(void)
{
	grants(1);
}

/*
 * Destroy the domain while all its frames are mapped, and a display shows some; then
 * use and unmap them.
 */
static void dies(const void *arg)
{
	share_while(destroy);
}

void guest_add(void)
{
	test_add("guest", "frames", share, NULL);
	test_add("guest", "again", again, NULL);
	share_add();
	test_add("guest", "dies", dies, NULL);
}
