/* A library that needs base.so, the program and libc, in every way that there is. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern int host_number, host_twice(int), host_apply(int (*)(int), int), base_number, base_add(int);
void host_jump(void);
__attribute__((weak)) extern int nobody_has_this(int);
__attribute__((weak)) extern int nobody_has_that;

int own_number = 3;
static int hidden_number = 100;

__attribute__((weak)) int own_weak(int x)
{
	return x + own_number;
}

static int hidden(int x)
{
	return x + hidden_number;
}

/* Addresses in data: relocations. */
int *numbers[] = { &host_number, &base_number, &own_number, &hidden_number };
int (*functions[])(int) = { host_twice, base_add, own_weak, hidden };

int add_all(int x)
{
	for (int i = 0; i < 4; i++) x += *numbers[i];
	return x;
}

int call_all(int x)
{
	for (int i = 0; i < 4; i++) x = functions[i](x);
	return x;
}

int direct(int x)
{
	return host_twice(base_add(own_weak(hidden(x))));
}

int back(int x)
{
	return host_apply(hidden, x) + host_apply(own_weak, x);
}

void *address_of_twice(void)
{
	return host_twice;
}

void *address_of_weak(void)
{
	return own_weak;
}

void *address_of_strlen(void)
{
	return strlen;
}

int weak_is_null(int x)
{
	return nobody_has_this == 0 && &nobody_has_that == 0 ? x : -1;
}

int has_errno(int x)
{
	errno = 0;
	return close(-1) == -1 && errno == EBADF ? x : -errno;
}

int jump(int x)
{
	host_jump();
	return x;
}

int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* libc calls a function of a library, which calls libc. */
int sorted(int x)
{
	int values[] = { 3, 1, 2 };
	qsort(values, 3, sizeof *values, compare);
	return x * 100 * values[0] + 10 * values[1] + values[2];
}

/* Suspends below a frame of the library. */
int sleeps(int x)
{
	struct timespec ts = { 0, 1000000 };
	return nanosleep(&ts, 0) ? -1 : x;
}

int reads(int x)
{
	char c = 0;
	return read(0, &c, 1) == 1 ? c + x : -1;
}

/* A loop of calls that never ends. */
int spins(int x)
{
	volatile int turns = x;
	while (turns) host_twice(turns);
	return 0;
}

int forks(int x)
{
	pid_t pid = fork();
	return pid < 0 ? -errno : pid ? x : (_exit(0), 0);
}

long double precise(long double x)
{
	return x / 3;
}

int arithmetic(int x)
{
	unsigned __int128 wide = (unsigned __int128)x * 1000000007 * 998244353;
	return (int)(wide % 1000) + (int)(precise(30.0L * x) / 10);
}

static _Thread_local int counted = 10;

int local_count(int x)
{
	return counted += x;
}

char *text(void)
{
	static char line[64];
	snprintf(line, sizeof line, "%s %.2f %d", "formatted", sqrt(2), host_number);
	return line;
}

__attribute__((constructor)) static void begin(void)
{
	printf("user begins with %d\n", base_add(host_number));
}

__attribute__((destructor)) static void end(void)
{
	puts("user ends");
}
