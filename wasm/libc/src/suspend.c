/* Suspending the thread that runs. Others of the program may run meanwhile, in the same instance: what is one for all of
 * them (the thread pointer, thread-local variables) is exchanged when a thread goes on after another has run. A program
 * that never makes a thread only looks at a flag. */
#include <string.h>
#include "libc.h"
#include "pthread_impl.h"
#include "tabux.h"

/* The section of all thread-local variables (wasm/builder/cc.py). Absent where a program has none. */
extern weak hidden char __start_tabux_tls[], __stop_tabux_tls[];

hidden size_t __tabux_tls_length(void)
{
	return __stop_tabux_tls - __start_tabux_tls;
}

hidden char *__tabux_tls_variables(void)
{
	return __start_tabux_tls;
}

/* Where a thread's own variables are while others run: musl's first "module" (start.c). */
static void *variables_of(pthread_t t)
{
	return (void *)t->dtv[1];
}

/* From here on `self` runs; what ran before is kept, where it has not ended. */
hidden void __tabux_become(pthread_t self)
{
	pthread_t before = __pthread_self();
	size_t length = __tabux_tls_length();

	__tabux_thread = (uintptr_t)self;
	if (!length) return;
	if (before) memcpy(variables_of(before), __start_tabux_tls, length);
	memcpy(__start_tabux_tls, variables_of(self), length);
}

/* tabux.wait */
hidden int __tabux_wait(void)
{
	if (!libc.threaded) return __tabux_kernel_wait();
	pthread_t self = __pthread_self();
	int handlers = __tabux_handlers;
	int r = __tabux_stacked_wait();
	if (__pthread_self() != self) __tabux_become(self);
	__tabux_handlers = handlers;
	return r;
}

/* tabux.preempt */
hidden void __tabux_yield(void)
{
	if (!libc.threaded) {
		__tabux_kernel_preempt();
		return;
	}
	pthread_t self = __pthread_self();
	int handlers = __tabux_handlers;
	__tabux_stacked_preempt();
	if (__pthread_self() != self) __tabux_become(self);
	__tabux_handlers = handlers;
}
