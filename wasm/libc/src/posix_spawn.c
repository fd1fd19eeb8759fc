/* posix_spawn without fork. After tabux_vfork this instance acts as the new child, on the same
 * stack: it sets up descriptors, signals and ids by ordinary calls, and a successful execve starts
 * the child elsewhere and gives the instance back to the parent. Nothing is copied or unwound. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>
#include "fdop.h"
#include "lock.h"
#include "pthread_impl.h"
#include "syscall.h"
#include "tabux.h"

/* No handler of the parent may run while the instance acts as the child. */
static int reset_signals(const posix_spawnattr_t *attr)
{
	sigset_t caught;
	__get_handler_set(&caught);
	for (int sig = 1; sig < _NSIG; sig++) {
		int wanted = attr->__flags & POSIX_SPAWN_SETSIGDEF && sigismember(&attr->__def, sig);
		struct sigaction sa = { .sa_handler = SIG_DFL };
		if (!wanted) {
			if (!sigismember(&caught, sig)) continue;
			__libc_sigaction(sig, 0, &sa);
			if (sa.sa_handler == SIG_IGN) continue;
			sa = (struct sigaction){ .sa_handler = SIG_DFL };
		}
		__libc_sigaction(sig, &sa, 0);
	}
	return 0;
}

static int set_ids(const posix_spawnattr_t *attr)
{
	long r;
	if (attr->__flags & POSIX_SPAWN_SETSID && (r = __syscall(SYS_setsid)) < 0) return r;
	if (attr->__flags & POSIX_SPAWN_SETPGROUP && (r = __syscall(SYS_setpgid, 0, attr->__pgrp)))
		return r;
	if (attr->__flags & POSIX_SPAWN_RESETIDS) {
		if ((r = __syscall(SYS_setgid, __syscall(SYS_getgid)))) return r;
		if ((r = __syscall(SYS_setuid, __syscall(SYS_getuid)))) return r;
	}
	return 0;
}

static int move_fd(int from, int to)
{
	if (from != to) return __syscall(SYS_dup3, from, to, 0);
	int flags = __syscall(SYS_fcntl, from, F_GETFD);
	return flags < 0 ? flags : __syscall(SYS_fcntl, from, F_SETFD, flags & ~FD_CLOEXEC);
}

static int do_file_action(const struct fdop *op)
{
	int fd, r;
	switch (op->cmd) {
	case FDOP_CLOSE:
		__syscall(SYS_close, op->fd);
		return 0;
	case FDOP_DUP2:
		return move_fd(op->srcfd, op->fd);
	case FDOP_OPEN:
		fd = __sys_open(op->path, op->oflag, op->mode);
		if (fd < 0 || fd == op->fd) return fd;
		r = __syscall(SYS_dup3, fd, op->fd, 0);
		__syscall(SYS_close, fd);
		return r;
	case FDOP_CHDIR:
		return __syscall(SYS_chdir, op->path);
	case FDOP_FCHDIR:
		return __syscall(SYS_fchdir, op->fd);
	}
	return -EINVAL;
}

static int do_file_actions(const posix_spawn_file_actions_t *fa)
{
	struct fdop *op = fa ? fa->__actions : 0;
	if (!op) return 0;
	while (op->next) op = op->next; /* the list is in reverse order */
	for (; op; op = op->prev) {
		int r = do_file_action(op);
		if (r < 0) return r;
	}
	return 0;
}

/* Acts as the child. Returns only when it could not execute: a negative error number, or with
 * __tabux_spawned set when it could and this is the parent again. */
static int child(const char *path, const posix_spawn_file_actions_t *fa,
	const posix_spawnattr_t *attr, char *const *argv, char *const *envp, const sigset_t *mask)
{
	int r;
	if ((r = reset_signals(attr)) || (r = set_ids(attr)) < 0 || (r = do_file_actions(fa)) < 0)
		return r;
	pthread_sigmask(SIG_SETMASK,
		attr->__flags & POSIX_SPAWN_SETSIGMASK ? &attr->__mask : mask, 0);
	int (*exec)(const char *, char *const *, char *const *) =
		attr->__fn ? (int (*)())attr->__fn : execve;
	exec(path, argv, envp);
	return -errno;
}

int posix_spawn(pid_t *restrict res, const char *restrict path,
	const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *restrict attr,
	char *const argv[restrict], char *const envp[restrict])
{
	static const posix_spawnattr_t none;
	sigset_t mask;
	int cancel, error = 0;
	pid_t pid;

	if (!attr) attr = &none;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_sigmask(SIG_BLOCK, SIGALL_SET, &mask);
	LOCK(__abort_lock);

	pid = __syscall(SYS_tabux_vfork);
	if (pid < 0) {
		error = -pid;
	} else {
		__tabux_spawned = 0;
		int r = child(path, fa, attr, argv, envp, &mask);
		if (__tabux_spawned) {
			pid = __tabux_spawned;
		} else {
			error = -r;
			__syscall(SYS_tabux_vexit, 127, 0);
		}
	}

	UNLOCK(__abort_lock);
	if (!error && res) *res = pid;
	pthread_sigmask(SIG_SETMASK, &mask, 0);
	pthread_setcancelstate(cancel, 0);
	return error;
}
