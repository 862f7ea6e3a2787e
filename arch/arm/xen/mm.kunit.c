// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/mm.c: for KUNIT_STATIC_STUB_REDIRECT().

//@ before #include <linux/cpu.h>
#include <kunit/static_stub.h>
