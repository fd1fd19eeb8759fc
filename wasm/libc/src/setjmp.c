/* The run time of LLVM's setjmp lowering (-mllvm -wasm-enable-sjlj): setjmp records where it was,
 * longjmp throws, and the catching function asks which of its setjmps was meant. */
#include <setjmp.h>
#include "tabux.h"

struct record {
	void *invocation; /* the activation of the function that called setjmp */
	unsigned label;   /* which setjmp in it; never 0 */
	struct thrown {
		void *env;
		int value;
	} thrown;
	int handlers;     /* __tabux_handlers at setjmp */
};

_Static_assert(sizeof(struct record) <= sizeof(__jmp_buf), "jmp_buf is too small");

#define C_LONGJMP_TAG 1 /* LLVM's index for the tag __c_longjmp */

void __wasm_setjmp(void *env, unsigned label, void *invocation)
{
	struct record *r = env;
	r->invocation = invocation;
	r->label = label;
	r->handlers = __tabux_handlers;
}

unsigned __wasm_setjmp_test(void *env, void *invocation)
{
	struct record *r = env;
	return r->invocation == invocation ? r->label : 0;
}

_Noreturn void __wasm_longjmp(void *env, int value)
{
	struct record *r = env;
	__tabux_handlers = r->handlers; /* leaves the handlers in between */
	r->thrown.env = env;
	r->thrown.value = value ? value : 1;
	__builtin_wasm_throw(C_LONGJMP_TAG, &r->thrown);
}
