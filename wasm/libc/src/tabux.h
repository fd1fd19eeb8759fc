/* The program's half of docs/abi.md: every import, and what our files share. */
#ifndef TABUX_H
#define TABUX_H

#include <stddef.h>
#include <stdint.h>
#include <features.h>
#include <sys/types.h>

#define IMPORT(module, name) __attribute__((import_module(#module), import_name(#name)))
/* What the compiler driver makes of _Thread_local (wasm/builder/cc.py); suspend.c exchanges the section. */
#define TABUX_THREAD_LOCAL __attribute__((section("tabux_tls")))
#define WASI(name) IMPORT(wasi_snapshot_preview1, name)

struct __pthread;

struct wasi_iovec {
	void *base;
	size_t len;
};

int __wasi_args_sizes_get(size_t *, size_t *) WASI(args_sizes_get);
int __wasi_args_get(char **, char *) WASI(args_get);
int __wasi_environ_sizes_get(size_t *, size_t *) WASI(environ_sizes_get);
int __wasi_environ_get(char **, char *) WASI(environ_get);
int __wasi_fd_read(int, const struct wasi_iovec *, size_t, size_t *) WASI(fd_read);
int __wasi_fd_write(int, const struct wasi_iovec *, size_t, size_t *) WASI(fd_write);
int __wasi_fd_pread(int, const struct wasi_iovec *, size_t, uint64_t, size_t *) WASI(fd_pread);
int __wasi_fd_pwrite(int, const struct wasi_iovec *, size_t, uint64_t, size_t *) WASI(fd_pwrite);
int __wasi_fd_seek(int, int64_t, int, int64_t *) WASI(fd_seek);
int __wasi_fd_sync(int) WASI(fd_sync);
int __wasi_fd_close(int) WASI(fd_close);
int __wasi_clock_time_get(int, uint64_t, uint64_t *) WASI(clock_time_get);
int __wasi_clock_res_get(int, uint64_t *) WASI(clock_res_get);
int __wasi_random_get(void *, size_t) WASI(random_get);
int __wasi_sched_yield(void) WASI(sched_yield);
_Noreturn void __wasi_proc_exit(int) WASI(proc_exit);

long __tabux_kernel_syscall(long, long, long, long, long, long, long) IMPORT(tabux, syscall);
int __tabux_kernel_wait(void) IMPORT(tabux, wait);
int __tabux_kernel_fork(void) IMPORT(tabux, fork);
void __tabux_kernel_preempt(void) IMPORT(tabux, preempt);

/* The answer of a call that has to wait: tabux.wait() finishes it. Never seen outside syscall.c. */
#define TABUX_BLOCKED 512

/* The two that suspend, for a program with threads: the stack pointer is kept (suspend_stack.s), then everything else
 * that belongs to a thread (suspend.c). */
hidden int __tabux_stacked_wait(void);
hidden void __tabux_stacked_preempt(void);
hidden int __tabux_wait(void);
hidden void __tabux_yield(void);
hidden void __tabux_become(struct __pthread *);
hidden size_t __tabux_tls_length(void);
hidden char *__tabux_tls_variables(void);
/* Whether a cancellation of this thread is to be acted on: a call that was interrupted is not made again. */
hidden int __tabux_cancelled(void);

/* Filled by tabux_sigtake. */
struct tabux_signal {
	int sig, flags;
	void *handler;
	int code, pid, uid, status;
	unsigned mask[2];
};

/* Non-zero while the kernel has a caught signal for us. */
extern hidden volatile int __tabux_sigword;
/* How many signal handlers are on the stack. */
extern hidden int __tabux_handlers;
/* Greater than 0: no other thread, and no handler, may run at the next look at the fuel (malloc is at work). */
extern hidden int __tabux_undisturbed;
/* The thread that runs, a struct pthread *; 0 when it has ended. */
extern hidden uintptr_t __tabux_thread;
/* Set by execve when it returns in the parent's place: the pid of the child that was spawned. */
extern hidden int __tabux_spawned;

/* How many mappings are to be shared with the processes that fork makes, which cannot be. */
extern hidden int __tabux_sharing;

extern hidden int __tabux_argc;
extern hidden char **__tabux_argv;

hidden long __tabux_file_limit(int);
hidden void *__tabux_sbrk(size_t);
hidden long __tabux_mmap(size_t, int, int, int, uint64_t);
hidden long __tabux_munmap(void *, size_t);
hidden long __tabux_mremap(void *, size_t, size_t, int);
hidden long __tabux_msync(void *, size_t, int);
hidden long __tabux_madvise(void *, size_t, int);
hidden void __tabux_save_mappings(void);
/* The modes that stdbuf(1) has asked for. */
hidden void __tabux_buffering(char **environment);
hidden long __tabux_sendfile(int, int, off_t *, size_t);
hidden long __tabux_copy_file_range(int, off_t *, int, off_t *, size_t, unsigned);

#endif
