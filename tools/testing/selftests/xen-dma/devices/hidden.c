// SPDX-License-Identifier: GPL-2.0
/*
 * A device behind an IOMMU.  Xen keeps the IOMMU, and takes it out of dom0's device
 * tree, so that dom0 uses Xen's DMA operations.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../buffer.h"
#include "../clients/runner.h"
#include "../memory.h"
#include "../outcome.h"
#include "../scenario.h"
#include "tests.h"

#define DEVICE	"behind-iommu"
#define NODE	"/proc/device-tree/xen-dma-test-behind-iommu"

static void hidden_node(const void *arg)
{
	struct xdt_info i = info_of(DEVICE);

	if (access(NODE, F_OK))
		fail("%s: %s", NODE, strerror(errno));
	if (!access(NODE "/iommus", F_OK) || !access("/proc/device-tree/iommu@70110000", F_OK))
		fail("the device tree of dom0 has the IOMMU");
	if (!strstr(i.ops, "xen"))
		fail("the device has the operations %s", i.ops);
}

static void hidden_buffer(const void *arg)
{
	struct buffer_kind kind = {
		.device = DEVICE, .flags = XDT_NO_KERNEL_MAPPING, .size = 16 * PAGE,
	};
	struct buffer b = buffer_get(&kind);
	uint8_t *map = buffer_map(&b, 0, b.pages);
	char why[WHY];

	if (!pages_right(&b, map, 0, b.pages, why) ||
	    !device_sees(&b, map, 0, b.size, 1, why))
		fail("%s", why);
}

static struct xdt_case map_ram(unsigned int foreign)
{
	struct xdt_case c = {
		.size = 2 * PAGE, .sync_size = 2 * PAGE, .dir = DIR_TO_DEVICE,
		.foreign = foreign,
	};

	case_run(DEVICE, &c);
	return c;
}

static void hidden_map(const void *arg)
{
	struct xdt_case c = map_ram(0);

	if (!c.right || c.dma_addr != c.phys)
		fail("0x%llx is mapped at 0x%llx", c.phys, c.dma_addr);
}

/*
 * Two frames that are not next to each other are bounced.  The IOMMU could join them,
 * but dom0 does not know it.
 */
static void hidden_foreign(const void *arg)
{
	struct xdt_case c = map_ram(1);

	if (c.right || c.dma_addr == XDT_FOREIGN)
		fail("two foreign frames are mapped at 0x%llx", c.dma_addr);
}

void hidden_add(void)
{
	test_add("behind_iommu", "node", hidden_node, NULL);
	test_add("behind_iommu", "buffer", hidden_buffer, NULL);
	test_add("behind_iommu", "map", hidden_map, NULL);
	test_add("behind_iommu", "foreign", hidden_foreign, NULL);
}
