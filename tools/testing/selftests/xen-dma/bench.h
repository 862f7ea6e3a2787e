/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_BENCH_H
#define XEN_DMA_BENCH_H

/*
 * Print a line for every case: memory, device, bytes, direction, nanoseconds
 * of a pair of map and unmap, and hypercalls of a pair.
 * Return an exit status.
 */
int bench(void);

#endif /* XEN_DMA_BENCH_H */
