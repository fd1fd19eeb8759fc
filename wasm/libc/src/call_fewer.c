/* Calls through pointers to functions that are declared with fewer parameters than they get: undefined in C, usual in
 * C that was written for machines (CPython's METH_NOARGS and getters), a trap in WebAssembly. */
#include <tabux/call_fewer.h>

typedef void *(*of_0)(void);
typedef void *(*of_1)(void *);
typedef void *(*of_2)(void *, void *);
typedef void *(*of_3)(void *, void *, void *);

#define IS(type) __builtin_wasm_test_function_pointer_signature((type)function)

#pragma clang attribute push(__attribute__((target("reference-types,gc"))), apply_to = function)

void *tabux_call_2(void *function, void *a, void *b)
{
	if (IS(of_2)) return ((of_2)function)(a, b);
	if (IS(of_1)) return ((of_1)function)(a);
	if (IS(of_0)) return ((of_0)function)();
	return ((of_2)function)(a, b);
}

void *tabux_call_3(void *function, void *a, void *b, void *c)
{
	if (IS(of_3)) return ((of_3)function)(a, b, c);
	if (IS(of_2)) return ((of_2)function)(a, b);
	if (IS(of_1)) return ((of_1)function)(a);
	if (IS(of_0)) return ((of_0)function)();
	return ((of_3)function)(a, b, c);
}

#pragma clang attribute pop
