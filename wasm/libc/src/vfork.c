/* vfork: the instance acts as the child until that executes a program or exits. Then the parent returns from the same
 * call, with all that the child has changed in memory, as on Linux. It is a macro (see unistd.h), since only the
 * caller's own frame can be returned to. Programs without vfork have the other execve and _Exit, which are weak. */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include "syscall.h"
#include "tabux.h"

/* Each thread's own: others may run between setjmp and the call. */
static TABUX_THREAD_LOCAL jmp_buf place;
static TABUX_THREAD_LOCAL pid_t child; /* 0: nobody is acted for */

struct __jmp_buf_tag *__tabux_vfork_place(void)
{
	return place;
}

pid_t __tabux_vfork_child(void)
{
	long r = __syscall(SYS_tabux_vfork);
	if (r < 0) return __syscall_ret(r);
	child = r;
	return 0;
}

pid_t __tabux_vfork_parent(void)
{
	pid_t pid = child;
	child = 0;
	return pid;
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	if (!child) __tabux_save_mappings();
	long r = __syscall(SYS_execve, path, argv, envp);
	if (r > 0) {
		if (child) longjmp(place, 1);
		__tabux_spawned = r;
		errno = 0;
		return -1;
	}
	return __syscall_ret(r);
}

_Noreturn void _Exit(int status)
{
	if (child) {
		__syscall(SYS_tabux_vexit, status, 1);
		longjmp(place, 1);
	}
	__tabux_save_mappings();
	__syscall(SYS_exit_group, status);
	for (;;) __syscall(SYS_exit, status);
}
