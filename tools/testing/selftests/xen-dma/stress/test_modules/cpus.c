// SPDX-License-Identifier: GPL-2.0
/* Run a function on several CPUs at once. */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "stress.h"

#define MOST	(CPUS + 1)

struct thread {
	struct completion *go, done;
	unsigned int number;
	int (*fn)(unsigned int number, void *arg);
	void *arg;
	ktime_t end;
	int ret;
};

static int thread(void *data)
{
	struct thread *t = data;

	wait_for_completion(t->go);
	if (t->fn)
		t->ret = t->fn(t->number, t->arg);
	t->end = ktime_get();
	complete(&t->done);
	return 0;
}

int on_cpus(unsigned int count, int (*fn)(unsigned int number, void *arg), void *arg,
	    ktime_t *took)
{
	DECLARE_COMPLETION_ONSTACK(go);
	struct thread threads[MOST] = {};
	struct task_struct *task;
	unsigned int n, i;
	ktime_t start;
	int ret = 0;

	if (count > MOST || num_online_cpus() < CPUS)
		return -EINVAL;
	for (n = 0; n < count; n++) {
		threads[n].go = &go;
		init_completion(&threads[n].done);
		threads[n].number = n;
		threads[n].arg = arg;
		task = kthread_create(thread, &threads[n], "stress/%u", n);
		if (IS_ERR(task)) {
			ret = PTR_ERR(task);
			break;
		}
		kthread_bind(task, n % CPUS);
		wake_up_process(task);
	}
	for (i = 0; i < n && !ret; i++)
		threads[i].fn = fn;
	start = ktime_get();
	complete_all(&go);
	for (i = 0; i < n; i++) {
		/* The limit of a hung task is longer than one wait. */
		while (!wait_for_completion_timeout(&threads[i].done, 10 * HZ))
			;
		if (took)
			*took = max(i ? *took : 0, ktime_sub(threads[i].end, start));
		ret = ret ?: threads[i].ret;
	}
	return ret;
}

u32 any(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}
