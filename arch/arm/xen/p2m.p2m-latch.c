// SPDX-License-Identifier: GPL-2.0
// arch/arm/xen/p2m.c: lookups without a lock.

//@ after #include <linux/export.h>
#include <linux/rbtree_latch.h>
#include <linux/rcupdate.h>
//@ replace struct rb_node rbnode_phys;
	struct latch_tree_node node;
	struct rcu_head rcu;
//@ replace static rwlock_t p2m_lock;
/* For writers.  Lookups are under RCU and are repeated if a writer was there. */
static DEFINE_SPINLOCK(p2m_lock);
//@ replace struct rb_root phys_to_mach = RB_ROOT;
struct latch_tree_root phys_to_mach;
//@ replace static int xen_add_phys_to_mach_entry(struct xen_p2m_entry *new)
//@ until return rc;
static __always_inline struct xen_p2m_entry *
p2m_entry_of(struct latch_tree_node *node)
{
	return container_of(node, struct xen_p2m_entry, node);
}

static __always_inline bool p2m_less(struct latch_tree_node *a,
				     struct latch_tree_node *b)
{
	return p2m_entry_of(a)->pfn < p2m_entry_of(b)->pfn;
}

static __always_inline int p2m_comp(void *key, struct latch_tree_node *node)
{
	struct xen_p2m_entry *entry = p2m_entry_of(node);
	unsigned long pfn = (unsigned long)key;

	if (pfn < entry->pfn)
		return -1;
	return pfn - entry->pfn >= entry->nr_pages;
}

static const struct latch_tree_ops p2m_ops = {
	.less = p2m_less,
	.comp = p2m_comp,
};

static struct xen_p2m_entry *p2m_find(unsigned long pfn)
{
	struct latch_tree_node *node;

	node = latch_tree_find((void *)pfn, &phys_to_mach, &p2m_ops);
	return node ? p2m_entry_of(node) : NULL;
//@ replace unsigned long __pfn_to_mfn(unsigned long pfn)
//@ until return INVALID_P2M_ENTRY;
unsigned long __pfn_to_mfn(unsigned long pfn)
{
	struct xen_p2m_entry *entry;
	unsigned long mfn;

	rcu_read_lock();
	entry = p2m_find(pfn);
	mfn = entry ? entry->mfn + (pfn - entry->pfn) : INVALID_P2M_ENTRY;
	rcu_read_unlock();

	return mfn;
//@ replace int rc;
//@ then unsigned long irqflags;
	unsigned long irqflags;
//@ replace struct xen_p2m_entry *p2m_entry;
//@ until p2m_entry = kzalloc_obj(*p2m_entry, GFP_NOWAIT);
	struct xen_p2m_entry *p2m_entry, *old;

	if (mfn == INVALID_P2M_ENTRY) {
		spin_lock_irqsave(&p2m_lock, irqflags);
		old = p2m_find(pfn);
		if (old)
			latch_tree_erase(&old->node, &phys_to_mach, &p2m_ops);
		spin_unlock_irqrestore(&p2m_lock, irqflags);
		if (old)
			kfree_rcu(old, rcu);
		return true;
	}

	p2m_entry = kzalloc_obj(*p2m_entry, GFP_NOWAIT);
//@ replace write_lock_irqsave(&p2m_lock, irqflags);
//@ until return false;
	spin_lock_irqsave(&p2m_lock, irqflags);
	old = p2m_find(pfn);
	if (!old)
		latch_tree_insert(&p2m_entry->node, &phys_to_mach, &p2m_ops);
	spin_unlock_irqrestore(&p2m_lock, irqflags);
	if (old) {
		pr_warn("%s: pfn %#lx has an entry, cannot add mfn %#lx\n",
			__func__, pfn, mfn);
		kfree(p2m_entry);
		return false;
//@ replace write_unlock_irqrestore(&p2m_lock, irqflags);
//@ then return true;
	return true;
//@ replace EXPORT_SYMBOL_GPL(__set_phys_to_machine);
//@ until arch_initcall(p2m_init);
EXPORT_SYMBOL_GPL(__set_phys_to_machine);
