/* fork by Asyncify: the gate unwinds this call, copies the memory and rewinds it twice. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "aio_impl.h"
#include "libc.h"
#include "lock.h"
#include "pthread_impl.h"
#include "syscall.h"
#include "tabux.h"

static void nothing(int who) { }
weak_alias(nothing, __aio_atfork);

pid_t _Fork(void)
{
	sigset_t mask;
	pid_t pid;

	if (__tabux_sharing) {
		errno = ENODEV;
		return -1;
	}
	/* Below a handler lie frames that Asyncify did not instrument: any caller of any system call. */
	if (__tabux_handlers) {
		errno = EAGAIN;
		return -1;
	}

	__block_all_sigs(&mask);
	__aio_atfork(-1);
	LOCK(__abort_lock);
	pid = __tabux_kernel_fork();
	if (!pid) {
		pthread_t self = __pthread_self();
		self->tid = __syscall(SYS_gettid);
		self->robust_list.off = 0;
		self->robust_list.pending = 0;
		self->next = self->prev = self;
		__thread_list_lock = 0;
		libc.threads_minus_1 = 0;
		if (libc.need_locks) libc.need_locks = -1;
	}
	UNLOCK(__abort_lock);
	__aio_atfork(!pid);
	__restore_sigs(&mask);
	return __syscall_ret(pid);
}

/* For who takes its address; a call is a macro (see vfork.c). */
pid_t (vfork)(void)
{
	return fork();
}
