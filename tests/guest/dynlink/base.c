/* A library that others need. */
#include <stdio.h>

int base_number = 5;
int base_zero[1000];

int base_add(int x)
{
	return x + base_number;
}

int base_count(int x)
{
	static int calls;
	return calls += x;
}

__attribute__((constructor)) static void begin(void)
{
	puts("base begins");
}

__attribute__((destructor)) static void end(void)
{
	puts("base ends");
}
