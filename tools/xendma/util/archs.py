# SPDX-License-Identifier: GPL-2.0
"""Architectures of the kernels that this project builds and boots."""

ARCH = "arm64"	# the default
# Prefix of the compiler for each architecture.
COMPILERS = {"arm64": "aarch64-linux-gnu-", "arm": "arm-linux-gnueabihf-",
             "x86_64": "x86_64-linux-gnu-"}
