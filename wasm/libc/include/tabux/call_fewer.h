/* Calls of functions that may be declared with fewer parameters than they are given. */
#ifndef TABUX_CALL_FEWER_H
#define TABUX_CALL_FEWER_H

#ifdef __cplusplus
extern "C" {
#endif

/* Calls function with as many of the arguments as it is declared with; parameters and result are pointers or
 * ints. A test of its type in WebAssembly decides, so the call may block. A function of none of these types is
 * called with all of them, which traps. */
void *tabux_call_2(void *function, void *, void *);
void *tabux_call_3(void *function, void *, void *, void *);

#ifdef __cplusplus
}
#endif

#endif
