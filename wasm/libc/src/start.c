/* _start: fetch arguments and environment by WASI, lay them out as Linux does, run main. */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include "libc.h"
#include "pthread_impl.h"
#include "syscall.h"
#include "tabux.h"

hidden uintptr_t __tabux_thread;
hidden int __tabux_argc;
hidden char **__tabux_argv;

static struct pthread main_thread;

int __main_void(void);
void __wasm_call_ctors(void);

int __set_thread_area(void *p)
{
	__tabux_thread = (uintptr_t)p;
	return 1; /* no further threads */
}

/* Thread-local variables are ordinary ones in a program of one thread. */
void __init_tls(size_t *aux)
{
	__init_tp(&main_thread);
}

__attribute__((export_name("_start")))
void _start(void)
{
	size_t argc = 0, args_size = 0, envc = 0, env_size = 0;
	__wasi_args_sizes_get(&argc, &args_size);
	__wasi_environ_sizes_get(&envc, &env_size);

	/* argv, NULL, envp, NULL, auxv; then 16 random bytes and the strings. */
	size_t words = argc + 1 + envc + 1 + 8;
	size_t *v = __tabux_sbrk(words*sizeof *v + 16 + args_size + env_size);
	if (v == (void *)-1) __wasi_proc_exit(127);
	char *random = (char *)(v + words);
	char **envp = (char **)(v + argc + 1);
	size_t *aux = v + argc + 1 + envc + 1;

	__wasi_random_get(random, 16);
	__wasi_args_get((char **)v, random + 16);
	__wasi_environ_get(envp, random + 16 + args_size);
	v[argc] = 0;
	envp[envc] = 0;
	aux[0] = AT_PAGESZ; aux[1] = 4096;
	aux[2] = AT_RANDOM; aux[3] = (size_t)random;
	aux[4] = AT_CLKTCK; aux[5] = 100;
	aux[6] = aux[7] = 0;

	__tabux_argc = argc;
	__tabux_argv = (char **)v;
	__init_libc(envp, argc ? __tabux_argv[0] : "");
	__syscall(SYS_tabux_init, &__tabux_sigword);
	__wasm_call_ctors();
	exit(__main_void());
}
