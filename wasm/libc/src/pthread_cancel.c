/* pthread_cancel without a program counter to look at. Threads change only where they suspend, so between looking at
 * self->cancel and the call nothing comes; a call that waits ends with EINTR when the signal comes, and is then
 * not made again. */
#define _GNU_SOURCE
#include <string.h>
#include "pthread_impl.h"
#include "syscall.h"
#include "tabux.h"

hidden long __cancel(), __syscall_cp_c();

long __cancel()
{
	pthread_t self = __pthread_self();
	if (self->canceldisable == PTHREAD_CANCEL_ENABLE || self->cancelasync)
		pthread_exit(PTHREAD_CANCELED);
	self->canceldisable = PTHREAD_CANCEL_DISABLE;
	return -ECANCELED;
}

long __syscall_cp_c(syscall_arg_t n, syscall_arg_t a, syscall_arg_t b, syscall_arg_t c, syscall_arg_t d,
	syscall_arg_t e, syscall_arg_t f)
{
	pthread_t self = __pthread_self();
	int state = self->canceldisable;

	if (state && (state == PTHREAD_CANCEL_DISABLE || n == SYS_close)) return __syscall(n, a, b, c, d, e, f);
	if (self->cancel) return __cancel();
	long r = __syscall(n, a, b, c, d, e, f);
	/* (close has closed its descriptor by then: that must not be lost) */
	if (r == -EINTR && n != SYS_close && self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE)
		r = __cancel();
	return r;
}

hidden int __tabux_cancelled(void)
{
	pthread_t self = __pthread_self();
	return self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE;
}

static void handler(int sig)
{
	pthread_t self = __pthread_self();
	if (self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE && self->cancelasync)
		pthread_exit(PTHREAD_CANCELED);
}

void __testcancel()
{
	pthread_t self = __pthread_self();
	if (self->cancel && !self->canceldisable) __cancel();
}

int pthread_cancel(pthread_t t)
{
	static int handled;
	if (!handled) {
		struct sigaction action = { .sa_flags = SA_RESTART, .sa_handler = handler };
		memset(&action.sa_mask, -1, _NSIG/8);
		__libc_sigaction(SIGCANCEL, &action, 0);
		handled = 1;
	}
	t->cancel = 1;
	if (t == pthread_self()) {
		if (t->canceldisable == PTHREAD_CANCEL_ENABLE && t->cancelasync) pthread_exit(PTHREAD_CANCELED);
		return 0;
	}
	return pthread_kill(t, SIGCANCEL);
}
