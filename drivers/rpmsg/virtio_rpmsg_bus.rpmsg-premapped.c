// SPDX-License-Identifier: GPL-2.0
// drivers/rpmsg/virtio_rpmsg_bus.c: the address of a buffer, as virtio expects it.

//@ before /**
//@ then * __ept_release() - deallocate an rpmsg endpoint
/**
 * rpmsg_sg_init - initialize scatterlist with the address for the virtqueue
 * @vrp: virtual remote processor that owns the buffer
 * @sg: scatterlist to fill, of one entry
 * @cpu_addr: kernel address of the buffer, within @vrp->rbufs or @vrp->sbufs
 * @len: length of the buffer
 *
 * With the DMA API, this is the address from dma_alloc_coherent(): coherent
 * memory must not be mapped again.  Without it, virtio expects the physical
 * address.
 */
static void rpmsg_sg_init(struct virtproc_info *vrp, struct scatterlist *sg,
			  void *cpu_addr, unsigned int len)
{
	sg_init_table(sg, 1);
	sg_dma_len(sg) = len;

	if (virtqueue_dma_dev(vrp->rvq)) {
		sg_dma_address(sg) = vrp->bufs_dma + (cpu_addr - vrp->rbufs);
	} else if (is_vmalloc_addr(cpu_addr)) {
		sg_dma_address(sg) = PFN_PHYS(vmalloc_to_pfn(cpu_addr)) +
				     offset_in_page(cpu_addr);
	} else {
		WARN_ON(!virt_addr_valid(cpu_addr));
		sg_dma_address(sg) = virt_to_phys(cpu_addr);
	}
}
