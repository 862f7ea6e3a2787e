// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: the KUnit tests count the calls.

@@
identifier fn =~ "^xen_dma_sync_for_(cpu|device)$";
identifier dev, handle, size, dir;
@@
 fn(struct device *dev, dma_addr_t handle, size_t size, enum dma_data_direction dir)
 {
+	KUNIT_STATIC_STUB_REDIRECT(fn, dev, handle, size, dir);
	...
 }
