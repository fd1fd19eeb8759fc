/* The machine's half of musl's threads: __clone and the two ends of a thread. The gate enters the instance once more for
 * each (docs/abi.md), on a suspended stack of the browser's; the one in the memory is musl's. */
#include <stdarg.h>
#include "pthread_impl.h"
#include "syscall.h"
#include "tabux.h"

/* What tabux_clone reads. */
struct request {
	int (*function)(void *);
	void *argument;
	void *thread_pointer;
	void *stack, *stack_end; /* it grows from the first down to the second */
	int *parent_tid;         /* the new thread's number goes here, before it runs */
	int *child_tid;          /* cleared and woken when it ends */
};

/* Only what pthread_create asks for: a thread that shares everything. */
int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
	va_list more;
	va_start(more, argument);
	int *parent_tid = va_arg(more, int *);
	pthread_t new = va_arg(more, pthread_t);
	int *child_tid = va_arg(more, int *);
	va_end(more);
	struct request r = {
		function, argument, new, (void *)((uintptr_t)stack & -16),
		(char *)new->stack - new->stack_size, parent_tid, child_tid,
	};
	return __syscall(SYS_tabux_clone, &r);
}

/* By clone_start.s, on the new stack. */
hidden void __tabux_thread_main(int (*function)(void *), void *argument, pthread_t self)
{
	__tabux_become(self);
	__tabux_handlers = 0;
	__syscall(SYS_exit, function(argument));
}

/* Where the last steps of a detached thread are made. No other thread runs before they are done. */
hidden char __tabux_last_stack[1024] __attribute__((aligned(16)));

hidden void __tabux_unmap_and_exit(void *base, size_t size)
{
	__tabux_munmap(base, size);
	__tabux_thread = 0;
	__tabux_kernel_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
}
