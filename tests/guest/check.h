/* What the guest programs share: each check that fails is a line of output. */
#include <stdio.h>

static int checks, failures;

#define CHECK(expression) check((expression) != 0, #expression, __LINE__)

static inline void check(int holds, const char *text, int line)
{
	checks++;
	if (holds) return;
	failures++;
	printf("line %d: %s\n", line, text);
	fflush(stdout);
}

static inline int report(void)
{
	printf("%d checks, %d failed\n", checks, failures);
	fflush(stdout);
	return failures != 0;
}
