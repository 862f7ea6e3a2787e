// SPDX-License-Identifier: GPL-2.0
// drivers/rpmsg/virtio_rpmsg_bus.c: hand virtio an address that needs no mapping.

@@
identifier sg, cpu_addr, len;
@@
-static void rpmsg_sg_init(struct scatterlist *sg, void *cpu_addr, unsigned int len)
-{
-...
-}

@@
symbol vrp;
expression sg, cpu_addr, len;
@@
-rpmsg_sg_init(sg, cpu_addr, len)
+rpmsg_sg_init(vrp, sg, cpu_addr, len)

@@
expression vq, sg, num, data, gfp;
@@
-virtqueue_add_inbuf(vq, sg, num, data, gfp)
+virtqueue_add_inbuf_premapped(vq, sg, num, data, NULL, gfp)

@@
@@
-virtqueue_add_outbuf
+virtqueue_add_outbuf_premapped
 (...)
