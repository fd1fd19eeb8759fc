/* _start: fetch arguments and environment by WASI, lay them out as Linux does, run main. */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "libc.h"
#include "pthread_impl.h"
#include "syscall.h"
#include "tabux.h"

hidden uintptr_t __tabux_thread;
hidden int __tabux_argc;
hidden char **__tabux_argv;

static struct {
	uintptr_t vector[2];
	struct pthread thread;
} first;
static struct tls_module variables;

#define TLS_ALIGN 16

int __main_void(void);
void __wasm_call_ctors(void);

int __set_thread_area(void *p)
{
	__tabux_thread = (uintptr_t)p;
	return 0;
}

/* Thread-local variables are ordinary ones, which are exchanged between threads (suspend.c). As they are now is how a
 * new thread finds them. */
void __init_tls(size_t *aux)
{
	size_t length = __tabux_tls_length();
	size_t room = (length + TLS_ALIGN - 1) & -TLS_ALIGN;
	char *place = (char *)&first;

	libc.tls_align = TLS_ALIGN;
	libc.tls_size = (sizeof first + room + 2*TLS_ALIGN - 1) & -TLS_ALIGN;
	if (length) {
		char *image = __tabux_sbrk(room);
		place = __tabux_sbrk(libc.tls_size);
		if (image == (void *)-1 || place == (void *)-1) __wasi_proc_exit(127);
		memcpy(image, __tabux_tls_variables(), length);
		variables = (struct tls_module){ 0, image, length, length, TLS_ALIGN, room };
		libc.tls_head = &variables;
		libc.tls_cnt = 1;
		__init_tp(__copy_tls((unsigned char *)place));
	} else {
		__init_tp(&first.thread);
	}
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
	__tabux_buffering(envp);
	__wasm_call_ctors();
	exit(__main_void());
}
