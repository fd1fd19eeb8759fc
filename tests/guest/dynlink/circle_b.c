#include <stdio.h>
extern int a_adds(int), a_number;
int b_number = 20;
int b_calls(int x) { return a_adds(x) + a_number; }
void *b_address(void) { return b_calls; }
void *a_in_b(void) { return a_adds; }
__attribute__((constructor)) static void begin(void) { puts("b begins"); }
