/* Two libraries that need each other. */
#include <stdio.h>
int b_calls(int x);
extern int b_number;
int a_number = 1;
int a_adds(int x) { return x + a_number; }
int a_calls(int x) { return b_calls(x) + b_number; }
void *b_address(void), *a_in_b(void);
int a_same(int x) { return b_address() == (void *)b_calls && a_in_b() == (void *)a_adds ? x : -1; }
__attribute__((constructor)) static void begin(void) { puts("a begins"); }
