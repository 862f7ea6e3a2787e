// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rpmsg.h>
#include <xen/xen.h>

#include "clients.h"
#include "dp.h"
#include "frames.h"

static int __init xen_dma_clients_init(void)
{
	int ret;

	if (xen_domain() && !xen_initial_domain())
		return guest_init();
	ret = grants_init();
	if (ret)
		return ret;
	ret = register_rpmsg_driver(&echo_driver);
	if (ret)
		goto err_grants;
	ret = platform_driver_register(&remote_driver);
	if (ret)
		goto err_rpmsg;
	ret = dp_init();
	if (ret)
		goto err_remote;
	return 0;

err_remote:
	platform_driver_unregister(&remote_driver);
err_rpmsg:
	unregister_rpmsg_driver(&echo_driver);
err_grants:
	grants_exit();
	return ret;
}
module_init(xen_dma_clients_init);

/* The guest never unloads the module: dom0 maps the frames that it has granted. */
static void __exit xen_dma_clients_exit(void)
{
	dp_exit();
	platform_driver_unregister(&remote_driver);
	unregister_rpmsg_driver(&echo_driver);
	grants_exit();
}
module_exit(xen_dma_clients_exit);

MODULE_DESCRIPTION("A remote processor that sends back what it is sent, and a second domain");
MODULE_LICENSE("GPL");
