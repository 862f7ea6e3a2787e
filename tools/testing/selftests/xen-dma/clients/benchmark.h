/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XEN_DMA_CLIENTS_BENCHMARK_H
#define XEN_DMA_CLIENTS_BENCHMARK_H

/* The kernel's own dma_map_benchmark, with the device "benchmark-<label>". */
void map_benchmark(const void *label);

#endif /* XEN_DMA_CLIENTS_BENCHMARK_H */
