/* Calls the gate directly, with everything that libc would never pass: it must answer an error number,
 * and the kernel must not notice. Each system call is tried in a child, which may die of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"

#define IMPORT(module, name) __attribute__((import_module(#module), import_name(#name)))
#define WASI(name) IMPORT(wasi_snapshot_preview1, name)

long raw(long, long, long, long, long, long, long) IMPORT(tabux, syscall);
int raw_wait(void) IMPORT(tabux, wait);
int raw_read(int, const void *, unsigned, void *) WASI(fd_read);
int raw_write(int, const void *, unsigned, void *) WASI(fd_write);
int raw_pread(int, const void *, unsigned, uint64_t, void *) WASI(fd_pread);
int raw_pwrite(int, const void *, unsigned, uint64_t, void *) WASI(fd_pwrite);
int raw_seek(int, int64_t, int, void *) WASI(fd_seek);
int raw_clock(int, uint64_t, void *) WASI(clock_time_get);
int raw_random(void *, unsigned) WASI(random_get);
int raw_args(void *, void *) WASI(args_get);
int raw_sizes(void *, void *) WASI(args_sizes_get);

#define WASI_EFAULT 21
#define WASI_EINVAL 28
#define WASI_EBADF 8
#define BLOCKED 512
#define VFORK 1002
#define VEXIT 1003
#define SIGTAKE 1005

static const long last_page = 0x10000;
static char scratch[4096];

/* Any call may be put off to give others a turn. */
static long call(long n, long a, long b, long c, long d, long e)
{
	long r = raw(n, a, b, c, d, e, 0);
	return r == -BLOCKED ? raw_wait() : r;
}

static int wasi(int error)
{
	return error == BLOCKED ? raw_wait() : error;
}

static void known_errors(void)
{
	long end = (long)__builtin_wasm_memory_size(0)*last_page;
	char *wild[] = { 0, (char *)-1, (char *)-8, (char *)(end - 1), (char *)0x80000000 };
	struct { void *base; unsigned length; } v;
	int fd = open("/dev/zero", O_RDWR), file = open("scratch", O_RDWR | O_CREAT, 0600);
	int ends[2];
	pipe(ends);

	for (unsigned i = 0; i < sizeof wild/sizeof *wild; i++) {
		char *bad = wild[i];
		CHECK(call(SYS_statx, AT_FDCWD, (long)"/", 0, 0, (long)bad) == -EFAULT);
		CHECK(call(SYS_uname, (long)bad, 0, 0, 0, 0) == -EFAULT);
		CHECK(call(SYS_getcwd, (long)bad, 100, 0, 0, 0) == -EFAULT);
		CHECK(call(SYS_pipe2, (long)bad, 0, 0, 0, 0) == -EFAULT);
		CHECK(call(SYS_rt_sigpending, (long)bad, 8, 0, 0, 0) == -EFAULT);
		CHECK(call(SYS_getresuid, (long)bad, (long)bad, (long)bad, 0, 0) == -EFAULT);
		if (bad != wild[3]) { /* a single byte is there */
			CHECK(call(SYS_chdir, (long)bad, 0, 0, 0, 0) == -EFAULT);
			CHECK(call(SYS_openat, AT_FDCWD, (long)bad, 0, 0, 0) == -EFAULT);
		}
		v.base = bad;
		v.length = 64;
		unsigned done;
		if (bad) {
			CHECK(wasi(raw_read(fd, &v, 1, &done)) == WASI_EFAULT);
			CHECK(wasi(raw_write(file, &v, 1, &done)) == WASI_EFAULT);
			CHECK(wasi(raw_write(ends[1], &v, 1, &done)) == WASI_EFAULT);
		}
		CHECK(raw_args(bad, bad) == WASI_EFAULT || !bad);
		CHECK(raw_random(bad, 64) == WASI_EFAULT);
		CHECK(wasi(raw_clock(0, 1, bad)) == WASI_EFAULT || !bad);
		CHECK(wasi(raw_seek(file, 0, 0, bad)) == WASI_EFAULT || !bad);
	}
	CHECK(wasi(raw_read(fd, (void *)-8, 2, scratch)) == WASI_EFAULT);
	CHECK(wasi(raw_read(fd, scratch, 1025, scratch)) == WASI_EINVAL);
	CHECK(wasi(raw_read(fd, scratch, -1, scratch)) == WASI_EINVAL);
	CHECK(wasi(raw_write(file, scratch, 0x80000000, scratch)) == WASI_EINVAL);
	CHECK(wasi(raw_pread(file, scratch, 1, -1, scratch)) == WASI_EINVAL);
	CHECK(wasi(raw_pwrite(file, scratch, 1, (uint64_t)1 << 63, scratch)) == WASI_EINVAL);
	CHECK(wasi(raw_clock(17, 1, scratch)) == WASI_EINVAL);
	CHECK(wasi(raw_read(-1, scratch, 1, scratch)) == WASI_EBADF);
	CHECK(wasi(raw_read(INT32_MIN, scratch, 1, scratch)) == WASI_EBADF);
	v.base = scratch;
	v.length = 0xffffffff;
	CHECK(wasi(raw_read(fd, &v, 1, scratch)) == WASI_EFAULT);

	CHECK(call(SYS_ppoll, (long)scratch, -1, 0, 0, 8) == -EINVAL);
	CHECK(call(SYS_ppoll, (long)scratch, 0x40000000, 0, 0, 8) == -EINVAL);
	CHECK(call(SYS_ppoll, -8, 1, 0, 0, 8) == -EFAULT);
	CHECK(call(SYS_pselect6, -1, 0, 0, 0, 0) == -EINVAL);
	CHECK(call(SYS_pselect6, 0x7fffffff, -16, 0, 0, 0) == -EFAULT);
	CHECK(call(SYS_getdents64, open("/", O_RDONLY), -64, 4096, 0, 0) == -EFAULT);
	CHECK(call(SYS_getgroups, 1, -4, 0, 0, 0) == -EFAULT);
	CHECK(call(SYS_rt_sigaction, 10, -4, 0, 8, 0) == -EFAULT);
	CHECK(call(SYS_nanosleep, -8, 0, 0, 0, 0) == -EFAULT);
	CHECK(call(1004, -2, 0, 0, 0, 0) == -EFAULT);
	CHECK(call(9999, 0, 0, 0, 0, 0) == -ENOSYS && call(-1, 0, 0, 0, 0, 0) == -ENOSYS);
	CHECK(call(SYS_tgkill, 0, -1, 9, 0, 0) == -EINVAL && call(SYS_tkill, 0, 9, 0, 0, 0) == -EINVAL);

	/* a path as long as the memory, arguments without end */
	char *big = malloc(8 << 20);
	memset(big, 'x', (8 << 20) - 1);
	big[(8 << 20) - 1] = 0;
	CHECK(call(SYS_chdir, (long)big, 0, 0, 0, 0) == -ENAMETOOLONG);
	CHECK(call(SYS_execve, (long)"/bin/true", (long)(char *[]){ big, 0 }, 0, 0, 0) == -E2BIG);
	char **many = (char **)big;
	for (int i = 0; i < 1 << 20; i++) many[i] = "argument";
	CHECK(call(SYS_execve, (long)"/bin/true", (long)many, 0, 0, 0) == -E2BIG);
	memset(big, 1, 8 << 20);
	CHECK(call(SYS_execve, (long)"/bin/true", (long)big, 0, 0, 0) < 0);
	free(big);
	close(file);
	unlink("scratch");
}

static uint32_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed*1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed*below >> 32);
}

static long argument(void)
{
	long end = (long)__builtin_wasm_memory_size(0)*last_page;
	const long choices[] = {
		0, 1, 2, 3, 4, 8, -1, -2, -100, 100, 1024, 4096, 65536, 0x7fffffff, (long)0x80000000, -4096,
		end - 1, end - 4, end, (long)scratch, (long)scratch + 1, (long)(scratch + 128), O_CREAT | O_RDWR,
	};
	return choices[chance(sizeof choices/sizeof *choices)];
}

/* Not these: they end or signal whom they find. */
static int left_out(int n)
{
	return n == SYS_kill || n == SYS_tkill || n == SYS_tgkill;
}

static void any_arguments(int n)
{
	pid_t pid = fork();
	int status;
	if (pid < 0) return;
	if (!pid) {
		seed += n;
		for (int i = 0; i < 200; i++) {
			memset(scratch, 0, sizeof scratch);
			strcpy(scratch, "a");
			strcpy(scratch + 128, i & 1 ? "b/c" : "/proc/self/fd/1");
			long r = raw(n, argument(), argument(), argument(), argument(), argument(), argument());
			if (r == -BLOCKED) continue; /* and never waits for it */
			if (r < -4095) _exit(77);
		}
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 77);
}

static void between_vfork_and_exec(void)
{
	/* killed by somebody else while the instance acts for it */
	long pid = call(VFORK, 0, 0, 0, 0, 0);
	CHECK(pid > 0 && call(SYS_getpid, 0, 0, 0, 0, 0) == pid);
	CHECK(call(VFORK, 0, 0, 0, 0, 0) == -EAGAIN);
	CHECK(fork() == -1);
	call(SYS_kill, pid, 9, 0, 0, 0);
	CHECK(call(SYS_getpid, 0, 0, 0, 0, 0) == -ESRCH);
	CHECK(call(SYS_openat, AT_FDCWD, (long)"/", 0, 0, 0) == -ESRCH);
	CHECK(wasi(raw_clock(0, 1, scratch)) == 0); /* (a clock is told to everybody) */
	CHECK(call(VEXIT, 1, 0, 0, 0, 0) == 0);
	CHECK(call(SYS_getpid, 0, 0, 0, 0, 0) == getpid() && getpid() != pid);
	CHECK(call(SYS_wait4, -1, 0, 1, 0, 0) == -ECHILD);
	CHECK(call(VEXIT, 1, 0, 0, 0, 0) == 0);
	CHECK(call(SIGTAKE, (long)scratch, 0, 0, 0, 0) == 0);

	/* ends without giving the instance back, or takes its parent along */
	for (int way = 0; way < 4; way++) {
		int status;
		pid_t child = fork();
		if (!child) {
			pid_t self = getpid();
			call(VFORK, 0, 0, 0, 0, 0);
			if (way == 0) _exit(0);
			if (way == 1) __builtin_trap();
			if (way == 2) call(SYS_kill, self, 9, 0, 0, 0);
			if (way == 3) raw_wait();
			for (;;) call(SYS_getpid, 0, 0, 0, 0, 0), call(VEXIT, 0, 0, 0, 0, 0);
		}
		CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	}
}

static void waits_for_nothing(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		raw_wait();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

int main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";
	if (argc > 2) seed = atoi(argv[2]);
	if (!strcmp(part, "errors")) known_errors();
	if (!strcmp(part, "vfork")) between_vfork_and_exec();
	if (!strcmp(part, "wait")) waits_for_nothing();
	if (!strcmp(part, "random"))
		for (int n = 0; n < 450; n++)
			if (!left_out(n)) any_arguments(n);
	return report();
}
