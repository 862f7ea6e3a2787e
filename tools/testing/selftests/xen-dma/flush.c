// SPDX-License-Identifier: GPL-2.0
/*
 * What Xen answers to GNTTABOP_cache_flush. Where it refuses, falling back to
 * it in place of arch_sync_dma_*() keeps the kernel from faulting, no more.
 */
#include <errno.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "runner.h"
#include "tests.h"

/*
 * The region that Xen names for grant tables is where its own text lies: no
 * domain has memory there.
 */
static uint64_t xen_text(void)
{
	FILE *f = fopen("/proc/device-tree/hypervisor/reg", "r");
	uint64_t reg = 0;

	if (!f || fread(&reg, sizeof(reg), 1, f) != 1)
		fail("the device tree does not say where Xen lies");
	fclose(f);
	return be64toh(reg);
}

void flush_answer(const void *arg)
{
	static const char * const name[] = { "", "clean", "invalidate", "both" };
	const struct flush *t = arg;
	struct kind k = { .label = t->label, .size = PAGE };
	struct xdt_flush f = { .phys = t->phys };
	int fd, wrong = 0;

	if (t->label) {
		struct buffer b = buffer_get(&k);

		f.phys = b.a.phys;
		fd = b.fd;
	} else {
		fd = device_open("plain");
		if (!f.phys)
			f.phys = xen_text();
	}

	for (f.op = XDT_FLUSH_CLEAN; f.op <= 3; f.op++) {
		if (ioctl(fd, XDT_IOC_FLUSH, &f))
			fail("XDT_IOC_FLUSH: %s", strerror(errno));
		printf("# %s 0x%llx: %d\n", name[f.op], f.phys, f.ret);
		wrong += f.ret != t->ret;
	}
	if (wrong)
		fail("%d of 3 answers are not %d", wrong, t->ret);
}
