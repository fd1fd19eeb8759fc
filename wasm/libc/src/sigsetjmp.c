/* Apart from setjmp.c: LLVM lowers the longjmp here into a call of what is defined there. */
#include <setjmp.h>
#include <signal.h>
#include "syscall.h"

/* sigsetjmp is a macro (see setjmp.h): this call, then setjmp. */
int __sigsetjmp_save(jmp_buf env, int save)
{
	env->__fl = save;
	if (save) __syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, env->__ss, _NSIG/8);
	return 0;
}

_Noreturn void siglongjmp(sigjmp_buf env, int value)
{
	if (env->__fl) __syscall(SYS_rt_sigprocmask, SIG_SETMASK, env->__ss, 0, _NSIG/8);
	longjmp(env, value);
}
