# SPDX-License-Identifier: GPL-2.0
"""Architectures of the kernels that this project builds and boots."""

ARCH = "arm64"	# the default
# The prefix of the compiler for each of them.
COMPILERS = {"arm64": "aarch64-linux-gnu-", "arm": "arm-linux-gnueabihf-",
             "x86_64": "x86_64-linux-gnu-"}
