// SPDX-License-Identifier: GPL-2.0
/* Refuse a hypercall of this task instead of making it, as Xen might. */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

#include "ops.h"

static struct task_struct *task;
static struct faults_refuse request;

static int refuse_handler(struct kprobe *kp, struct pt_regs *regs)
{
	if (current != task || !in_task() || regs->regs[0] != request.cmd)
		return 0;
	if (++request.calls != request.nth)
		return 0;
	request.refused++;
	regs->regs[0] = request.code;
	instruction_pointer_set(regs, regs->regs[30]);
	return 1;
}

/* Such a probe is never optimized to a jump, which would ignore the new address. */
static void refuse_no_jump(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe refuse_probe = {
	.symbol_name = "HYPERVISOR_grant_table_op",
	.pre_handler = refuse_handler,
	.post_handler = refuse_no_jump,
};

int faults_refuse(struct faults_refuse *r)
{
	struct faults_refuse next = *r;

	task = NULL;
	*r = request;
	next.calls = 0;
	next.refused = 0;
	request = next;
	task = current;
	return 0;
}

/* For a task that ends: the next one may have the same address. */
void faults_refuse_nothing(void)
{
	task = NULL;
	memset(&request, 0, sizeof(request));
}

int __init faults_refuse_init(void)
{
	return register_kprobe(&refuse_probe);
}

void faults_refuse_exit(void)
{
	unregister_kprobe(&refuse_probe);
}
