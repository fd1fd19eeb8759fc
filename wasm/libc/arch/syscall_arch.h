/* 64-bit arguments: low word first, no alignment padding (docs/abi.md). */
#define __SYSCALL_LL_E(x) (long)(x), (long)((long long)(x) >> 32)
#define __SYSCALL_LL_O(x) __SYSCALL_LL_E((x))

hidden long __tabux_syscall(long, long, long, long, long, long, long);

static inline long __syscall0(long n)
{
	return __tabux_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
	return __tabux_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
	return __tabux_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
	return __tabux_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
	return __tabux_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
	return __tabux_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	return __tabux_syscall(n, a, b, c, d, e, f);
}

#define SYSCALL_NO_TLS 1
