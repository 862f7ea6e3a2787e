// SPDX-License-Identifier: GPL-2.0
//
// arch/arm/xen/p2m.c: a lookup takes no lock, but an entry stays until all lookups that
// may see it have ended.  This is wrong: while another CPU rotates the tree, a lookup
// can miss an entry.  make stress must detect it.

@@
@@
 struct xen_p2m_entry {
 ...
+struct rcu_head rcu;
 };

@@
@@
-rb_link_node(
+rb_link_node_rcu(
 ...)

@@
identifier flags;
@@
 __pfn_to_mfn(...)
 {
 ...
-unsigned long flags;
 ...
 }

@@
expression flags;
@@
-read_lock_irqsave(&p2m_lock, flags);
+rcu_read_lock();

@@
expression flags;
@@
-read_unlock_irqrestore(&p2m_lock, flags);
+rcu_read_unlock();

@@
@@
 rb_erase(...);
 ...
-kfree(p2m_entry);
+kfree_rcu(p2m_entry, rcu);
