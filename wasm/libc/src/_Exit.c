#include <stdlib.h>
#include "syscall.h"
#include "tabux.h"

/* Weak: a program with vfork has its own (vfork.c). */
weak _Noreturn void _Exit(int status)
{
	__tabux_save_mappings();
	__syscall(SYS_exit_group, status);
	for (;;) __syscall(SYS_exit, status);
}
