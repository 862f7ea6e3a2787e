# SPDX-License-Identifier: GPL-2.0
"""The runs behind the verbs: which kernels to boot, and how to judge the results."""
