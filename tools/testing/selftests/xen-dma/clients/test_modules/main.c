// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rpmsg.h>

#include "clients.h"

static int __init xen_dma_clients_init(void)
{
	int ret = register_rpmsg_driver(&echo_driver);

	if (ret)
		return ret;
	ret = platform_driver_register(&remote_driver);
	if (ret)
		unregister_rpmsg_driver(&echo_driver);
	return ret;
}
module_init(xen_dma_clients_init);

static void __exit xen_dma_clients_exit(void)
{
	platform_driver_unregister(&remote_driver);
	unregister_rpmsg_driver(&echo_driver);
}
module_exit(xen_dma_clients_exit);

MODULE_DESCRIPTION("A remote processor that sends back what it is sent");
MODULE_LICENSE("GPL");
