#include <errno.h>
#include <unistd.h>
#include "syscall.h"
#include "tabux.h"

hidden int __tabux_spawned;

/* Success does not return, but for the child that posix_spawn acts as: there the instance belongs
 * to the parent again, and the result is the child's pid. It looks like a failure on the way out.
 * Weak: a program with vfork has its own (vfork.c). */
weak int execve(const char *path, char *const argv[], char *const envp[])
{
	__tabux_save_mappings();
	long r = __syscall(SYS_execve, path, argv, envp);
	if (r > 0) {
		__tabux_spawned = r;
		errno = 0;
		return -1;
	}
	return __syscall_ret(r);
}
