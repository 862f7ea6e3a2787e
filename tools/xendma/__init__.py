# SPDX-License-Identifier: GPL-2.0
"""Generate the Xen swiotlb DMA series, build it, and boot it as dom0."""
