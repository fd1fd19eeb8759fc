/* The one place where a Linux system call becomes a call to the gate: preview1 where WASI says
 * exactly the same, tabux.syscall for the rest. Calls that answer "blocked" are finished by
 * tabux.wait; caught signals run on the way out. docs/abi.md is the contract. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <ucontext.h>
#include "libc.h"
#include "syscall.h"
#include "tabux.h"

hidden volatile int __tabux_sigword;
hidden int __tabux_handlers;
hidden int __tabux_undisturbed;

/* Linux's name for each preview1 errno, in the order of the WASI specification. */
static const unsigned char linux_errno[] = {
	0, E2BIG, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY,
	EBADF, EBADMSG, EBUSY, ECANCELED, ECHILD, ECONNABORTED, ECONNREFUSED, ECONNRESET,
	EDEADLK, EDESTADDRREQ, EDOM, EDQUOT, EEXIST, EFAULT, EFBIG, EHOSTUNREACH,
	EIDRM, EILSEQ, EINPROGRESS, EINTR, EINVAL, EIO, EISCONN, EISDIR,
	ELOOP, EMFILE, EMLINK, EMSGSIZE, EMULTIHOP, ENAMETOOLONG, ENETDOWN, ENETRESET,
	ENETUNREACH, ENFILE, ENOBUFS, ENODEV, ENOENT, ENOEXEC, ENOLCK, ENOLINK,
	ENOMEM, ENOMSG, ENOPROTOOPT, ENOSPC, ENOSYS, ENOTCONN, ENOTDIR, ENOTEMPTY,
	ENOTRECOVERABLE, ENOTSOCK, ENOTSUP, ENOTTY, ENXIO, EOVERFLOW, EOWNERDEAD, EPERM,
	EPIPE, EPROTO, EPROTONOSUPPORT, EPROTOTYPE, ERANGE, EROFS, ESPIPE, ESRCH,
	ESTALE, ETIMEDOUT, ETXTBSY, EXDEV, EPERM /* notcapable */
};

/* The Linux result of a preview1 call: *value (if any) is read once the call is really done. */
static inline long wasi(int e, const size_t *value)
{
	if (e == TABUX_BLOCKED) e = __tabux_wait();
	if (!e) return value ? *value : 0;
	return (unsigned)e < sizeof linux_errno ? -linux_errno[e] : -EIO;
}

static inline long kernel(long n, long a, long b, long c, long d, long e, long f)
{
	long r = __tabux_kernel_syscall(n, a, b, c, d, e, f);
	return r == -TABUX_BLOCKED ? __tabux_wait() : r;
}

static inline uint64_t pair(long low, long high)
{
	return (uint32_t)low | (uint64_t)(uint32_t)high << 32;
}

/* The coarse and raw clocks are the plain ones. */
static int wasi_clock(long id)
{
	switch (id) {
	case CLOCK_REALTIME_COARSE:
		return CLOCK_REALTIME;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		return CLOCK_MONOTONIC;
	}
	return (unsigned long)id <= CLOCK_THREAD_CPUTIME_ID ? id : -1;
}

static long clock_call(long n, long id, struct timespec *ts)
{
	int clock = wasi_clock(id);
	uint64_t t = 0;
	if (clock < 0) return -EINVAL;
	long r = n == SYS_clock_gettime
		? wasi(__wasi_clock_time_get(clock, 1, &t), 0)
		: wasi(__wasi_clock_res_get(clock, &t), 0);
	if (!r && ts) {
		ts->tv_sec = t / 1000000000;
		ts->tv_nsec = t % 1000000000;
	}
	return r;
}

static long dispatch(long n, long a, long b, long c, long d, long e, long f)
{
	struct wasi_iovec v;
	size_t done = 0;

	switch (n) {
	/* What preview1 says exactly. */
	case SYS_read:
		v = (struct wasi_iovec){ (void *)b, c };
		return wasi(__wasi_fd_read(a, &v, 1, &done), &done);
	case SYS_write:
		v = (struct wasi_iovec){ (void *)b, c };
		return wasi(__wasi_fd_write(a, &v, 1, &done), &done);
	case SYS_readv:
		return wasi(__wasi_fd_read(a, (void *)b, c, &done), &done);
	case SYS_writev:
		return wasi(__wasi_fd_write(a, (void *)b, c, &done), &done);
	case SYS_pread64:
		v = (struct wasi_iovec){ (void *)b, c };
		return wasi(__wasi_fd_pread(a, &v, 1, pair(d, e), &done), &done);
	case SYS_pwrite64:
		v = (struct wasi_iovec){ (void *)b, c };
		return wasi(__wasi_fd_pwrite(a, &v, 1, pair(d, e), &done), &done);
	case SYS_preadv:
		return wasi(__wasi_fd_pread(a, (void *)b, c, pair(d, e), &done), &done);
	case SYS_pwritev:
		return wasi(__wasi_fd_pwrite(a, (void *)b, c, pair(d, e), &done), &done);
	case SYS__llseek: /* unlike other calls, the high word comes first */
		return wasi(__wasi_fd_seek(a, pair(c, b), e, (int64_t *)d), 0);
	case SYS_fsync:
	case SYS_fdatasync:
		return wasi(__wasi_fd_sync(a), 0);
	case SYS_close:
		return wasi(__wasi_fd_close(a), 0);
	case SYS_clock_gettime:
	case SYS_clock_getres:
		return clock_call(n, a, (struct timespec *)b);
	case SYS_getrandom:
		done = b;
		return wasi(__wasi_random_get((void *)a, b), &done);
	case SYS_sched_yield:
		return wasi(__wasi_sched_yield(), 0);
	case SYS_exit:
		if (libc.threaded) {
			__tabux_thread = 0; /* its variables need not be kept */
			break;
		}
	case SYS_exit_group:
		__wasi_proc_exit(a);

	/* What happens inside the process. */
	case SYS_mmap2:
		return __tabux_mmap(b, c, d, e, (uint64_t)(uint32_t)f * SYSCALL_MMAP2_UNIT);
	case SYS_munmap:
		return __tabux_munmap((void *)a, b);
	case SYS_mremap:
		return __tabux_mremap((void *)a, b, c, d);
	case SYS_msync:
		return __tabux_msync((void *)a, b, c);
	case SYS_madvise:
		return __tabux_madvise((void *)a, b, c);
	case SYS_mprotect:
		return 0;
	case SYS_sendfile:
		return __tabux_sendfile(a, b, (off_t *)c, d);
	case SYS_copy_file_range:
		return __tabux_copy_file_range(a, (off_t *)b, c, (off_t *)d, e, f);
	case SYS_membarrier:      /* threads take turns: each sees all that the one before has done */
	case SYS_get_robust_list:
	case SYS_set_robust_list: /* pthread_exit unlocks its mutexes itself; nothing is shared with other processes */
		return 0;
	case SYS_brk:
		return -ENOSYS;
	}
	return kernel(n, a, b, c, d, e, f);
}

/* Runs the handlers that are due. True if every one of them had SA_RESTART. */
static int run_handlers(void)
{
	struct tabux_signal s;
	int restart = 1;

	while (kernel(SYS_tabux_sigtake, (long)&s, 0, 0, 0, 0, 0) > 0) {
		if (!(s.flags & SA_RESTART)) restart = 0;
		__tabux_handlers++;
		if (s.flags & SA_SIGINFO) {
			siginfo_t info = { .si_signo = s.sig, .si_code = s.code };
			ucontext_t context = { 0 };
			info.si_pid = s.pid;
			info.si_uid = s.uid;
			if (s.sig == SIGCHLD) info.si_status = s.status;
			memcpy(&context.uc_sigmask, s.mask, sizeof s.mask);
			((void (*)(int, siginfo_t *, void *))s.handler)(s.sig, &info, &context);
		} else {
			((void (*)(int))s.handler)(s.sig);
		}
		__tabux_handlers--;
		kernel(SYS_rt_sigreturn, (long)s.mask, 0, 0, 0, 0, 0);
	}
	return restart;
}

static int not_cancelled(void)
{
	return 0;
}
weak_alias(not_cancelled, __tabux_cancelled);

/* The calls that Linux never restarts after a handler, whatever SA_RESTART says: signal(7). `d` is the fourth
 * argument. */
static int never_restarts(long n, long d)
{
	switch (n) {
	case SYS_futex: /* with a timeout */
		return d != 0;
	case SYS_ppoll:
	case SYS_pselect6:
	case SYS_epoll_pwait:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_rt_sigsuspend:
	case SYS_rt_sigtimedwait:
		return 1;
	}
	return 0;
}

long __tabux_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	for (;;) {
		long r = dispatch(n, a, b, c, d, e, f);
		/* After execve this may be the parent again, in the middle of posix_spawn. */
		if (!__tabux_sigword || n == SYS_execve) return r;
		int restart = run_handlers();
		if (r != -EINTR || !restart || never_restarts(n, d) || __tabux_cancelled()) return r;
	}
}

/* Called from the program's loops when their fuel is used up (wasm/builder/preemption.py): lets others
 * run, and handlers as if the signal had come between two instructions. */
__attribute__((export_name("__tabux_preempt")))
void __tabux_preempt(void)
{
	if (__tabux_undisturbed) return;
	int saved = errno;

	__tabux_yield();
	if (__tabux_sigword) run_handlers();
	errno = saved;
}
