// SPDX-License-Identifier: GPL-2.0
// include/xen/arm/page.h: the tree has another type.

//@ after #include <linux/pgtable.h>
#include <linux/rbtree_latch.h>
//@ replace extern struct rb_root phys_to_mach;
extern struct latch_tree_root phys_to_mach;
//@ replace if (phys_to_mach.rb_node != NULL) {
	if (!RB_EMPTY_ROOT(&phys_to_mach.tree[0])) {
