/* The C library and the kernel together, by theme: unix THEME. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "check.h"

extern char **environ;

static volatile int count, last, code, sender;
static sigjmp_buf jump;

static void plain(int sig)
{
	count++;
	last = sig;
}

static void informed(int sig, siginfo_t *info, void *context)
{
	count++;
	last = sig;
	code = info->si_code;
	sender = info->si_pid;
}

static void away(int sig)
{
	siglongjmp(jump, 5);
}

static void on(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	CHECK(!sigaction(sig, &action, 0));
	count = last = 0;
}

static sigset_t only(int sig)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static void in_ms(int ms)
{
	struct itimerval timer = { .it_value = { ms/1000, ms%1000*1000 } };
	setitimer(ITIMER_REAL, &timer, 0);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec/1e9;
}

static int status_of(pid_t pid)
{
	int status = -1;
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static void signals(void)
{
	struct sigaction old;
	sigset_t set, before, current, pending;
	pid_t pid;

	sigaction(SIGALRM, 0, &old);
	CHECK(old.sa_handler == SIG_DFL);
	on(SIGALRM, plain, SA_RESTART);
	sigaction(SIGALRM, 0, &old);
	CHECK(old.sa_handler == plain && old.sa_flags & SA_RESTART);
	CHECK((void *)plain > (void *)3);

	set = only(SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &before);
	struct sigaction action = { .sa_sigaction = informed, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &action, 0);
	count = 0;
	kill(getpid(), SIGUSR1);
	CHECK(count == 0);
	CHECK(!sigpending(&pending) && sigismember(&pending, SIGUSR1));
	sigprocmask(SIG_SETMASK, &before, 0);
	CHECK(count == 1 && last == SIGUSR1 && sender == getpid() && code == SI_USER);
	raise(SIGUSR1);
	CHECK(count == 2 && code == SI_TKILL);

	/* sigsuspend: the handler runs, the mask is the old one again */
	sigprocmask(SIG_BLOCK, &set, &before);
	count = 0;
	if (!(pid = fork())) {
		usleep(20000);
		kill(getppid(), SIGUSR1);
		_exit(3);
	}
	CHECK(sigsuspend(&before) == -1 && errno == EINTR && count == 1 && sender == pid);
	sigprocmask(0, 0, &current);
	CHECK(sigismember(&current, SIGUSR1));
	CHECK(status_of(pid) == 3 << 8);

	/* sigtimedwait */
	siginfo_t info;
	struct timespec soon = { 0, 30000000 };
	double start = now();
	CHECK(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN && now() - start > 0.02);
	if (!(pid = fork())) {
		usleep(20000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK(sigtimedwait(&set, &info, 0) == SIGUSR1 && info.si_pid == pid);
	status_of(pid);
	sigprocmask(SIG_SETMASK, &before, 0);

	on(SIGUSR2, away, 0);
	volatile int step = 0;
	int jumped = sigsetjmp(jump, 1);
	if (!jumped) {
		step = 1;
		kill(getpid(), SIGUSR2);
		step = 2;
	}
	CHECK(jumped == 5 && step == 1);
	sigprocmask(0, 0, &current);
	CHECK(!sigismember(&current, SIGUSR2));

	on(SIGHUP, plain, SA_RESETHAND);
	raise(SIGHUP);
	sigaction(SIGHUP, 0, &old);
	CHECK(count == 1 && old.sa_handler == SIG_DFL);
	signal(SIGINT, SIG_IGN);
	raise(SIGINT);
	CHECK(signal(SIGINT, SIG_DFL) == SIG_IGN);
	CHECK(signal(SIGKILL, SIG_IGN) == SIG_ERR && errno == EINVAL);
	CHECK(kill(getpid(), 65) == -1 && errno == EINVAL);
	CHECK(kill(INT_MAX, 0) == -1 && errno == ESRCH);
}

static void restarts(void)
{
	int ends[2];
	char c;
	pid_t pid;
	CHECK(!pipe(ends));

	on(SIGALRM, plain, SA_RESTART);
	if (!(pid = fork())) {
		close(ends[0]);
		usleep(80000);
		write(ends[1], "x", 1);
		_exit(0);
	}
	in_ms(20);
	CHECK(read(ends[0], &c, 1) == 1 && c == 'x' && count == 1);
	status_of(pid);

	on(SIGALRM, plain, 0);
	in_ms(20);
	CHECK(read(ends[0], &c, 1) == -1 && errno == EINTR && count == 1);

	/* wait4 is restarted, nanosleep and poll never are */
	on(SIGALRM, plain, SA_RESTART);
	if (!(pid = fork())) {
		usleep(60000);
		_exit(4);
	}
	in_ms(20);
	CHECK(status_of(pid) == 4 << 8 && count == 1);
	struct timespec long_time = { 3, 0 }, rest = { 0 };
	in_ms(20);
	CHECK(nanosleep(&long_time, &rest) == -1 && errno == EINTR && rest.tv_sec == 2 && count == 2);
	struct pollfd p = { ends[0], POLLIN, 0 };
	in_ms(20);
	CHECK(poll(&p, 1, 3000) == -1 && errno == EINTR && count == 3);

	/* a write that has moved something answers with how much */
	static char big[100000];
	on(SIGALRM, plain, 0);
	in_ms(20);
	CHECK(write(ends[1], big, sizeof big) == 65536 && count == 1);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	CHECK(write(ends[1], big, 1) == -1 && errno == EAGAIN);
	CHECK(read(ends[0], big, 5000) == 5000);
	CHECK(write(ends[1], big, 4096) == 4096 && write(ends[1], big, 4096) == -1 && errno == EAGAIN);
	CHECK(write(ends[1], big, 5000) == 904);
}

static void children(void)
{
	pid_t pid;
	int status;

	if (!(pid = fork())) for (;;) pause();
	kill(pid, SIGSTOP);
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	kill(pid, SIGTERM);
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	kill(pid, SIGCONT);
	CHECK(status_of(pid) == SIGTERM);
	if (!(pid = fork())) for (;;) pause();
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
	kill(pid, SIGKILL);
	CHECK(status_of(pid) == SIGKILL);

	if (!(pid = fork())) abort();
	CHECK(WTERMSIG(status_of(pid)) == SIGABRT);
	if (!(pid = fork())) {
		volatile int some = 7, zero = 0;
		_exit(some/zero);
	}
	CHECK(WTERMSIG(status_of(pid)) == SIGFPE);
	if (!(pid = fork())) {
		void (*volatile nothing)(void) = 0;
		nothing();
		_exit(0);
	}
	CHECK(WTERMSIG(status_of(pid)) == SIGSEGV);

	signal(SIGCHLD, SIG_IGN);
	if (!(pid = fork())) _exit(0);
	CHECK(wait(&status) == -1 && errno == ECHILD);
	signal(SIGCHLD, SIG_DFL);

	on(SIGCHLD, plain, 0);
	if (!(pid = fork())) _exit(9);
	while (!count) pause();
	CHECK(status_of(pid) == 9 << 8);

	siginfo_t info;
	if (!(pid = fork())) _exit(6);
	CHECK(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT) && info.si_status == 6 && info.si_pid == pid);
	CHECK(!waitid(P_PID, pid, &info, WEXITED) && info.si_code == CLD_EXITED);
	CHECK(waitid(P_PID, pid, &info, WEXITED) == -1 && errno == ECHILD);

	/* a fork in a handler is refused, and nothing breaks */
	CHECK(getpgrp() == getpgid(0) && getsid(0) > 0);
	if (!(pid = fork())) {
		CHECK(!setpgid(0, 0) && getpgrp() == getpid());
		CHECK(setsid() == -1 && errno == EPERM);
		_exit(failures);
	}
	CHECK(!status_of(pid));

	struct rusage usage;
	struct tms t;
	if (!(pid = fork())) {
		double end = now() + 0.1;
		while (now() < end) ;
		_exit(0);
	}
	CHECK(wait4(pid, &status, 0, &usage) == pid && usage.ru_utime.tv_usec > 50000);
	CHECK(!getrusage(RUSAGE_CHILDREN, &usage) && usage.ru_utime.tv_usec > 50000);
	CHECK(times(&t) > 0 && t.tms_cutime >= 5);
	double start = now();
	clock_t used = clock();
	while (now() < start + 0.05) ;
	used = clock() - used;
	CHECK(used > 20000 && used < 500000);
	used = clock();
	usleep(50000);
	CHECK(clock() - used < 30000);
}

static void pipes(void)
{
	int ends[2], status;
	char buffer[16];
	pid_t pid;

	CHECK(!pipe(ends));
	CHECK(write(ends[1], "", 0) == 0);
	struct iovec v[3] = { { "ab", 2 }, { 0, 0 }, { "cde", 3 } };
	CHECK(writev(ends[1], v, 3) == 5);
	struct iovec r[2] = { { buffer, 1 }, { buffer + 8, 8 } };
	CHECK(readv(ends[0], r, 2) == 5 && buffer[0] == 'a' && !memcmp(buffer + 8, "bcde", 4));
	CHECK(lseek(ends[0], 0, SEEK_SET) == -1 && errno == ESPIPE);
	CHECK(pread(ends[0], buffer, 1, 0) == -1 && errno == ESPIPE);
	CHECK(read(ends[1], buffer, 1) == -1 && errno == EBADF);
	CHECK(write(ends[0], buffer, 1) == -1 && errno == EBADF);

	if (!(pid = fork())) {
		close(ends[0]);
		for (int i = 0; i < 3000; i++) dprintf(ends[1], "line %d of many\n", i);
		_exit(0);
	}
	close(ends[1]);
	FILE *f = fdopen(ends[0], "r");
	int lines = 0, number = -1, good = 1;
	char line[64];
	while (fgets(line, sizeof line, f)) {
		good &= sscanf(line, "line %d", &number) == 1 && number == lines;
		lines++;
	}
	CHECK(lines == 3000 && good);
	fclose(f);
	CHECK(!status_of(pid));

	pipe(ends);
	close(ends[0]);
	if (!(pid = fork())) {
		write(ends[1], "x", 1);
		_exit(0);
	}
	status = status_of(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE);
	signal(SIGPIPE, SIG_DFL);

	unlink("fifo");
	CHECK(!mkfifo("fifo", 0600));
	CHECK(open("fifo", O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
	on(SIGALRM, plain, 0);
	in_ms(20);
	CHECK(open("fifo", O_RDONLY) == -1 && errno == EINTR && count == 1);
	if (!(pid = fork())) {
		int fd = open("fifo", O_WRONLY);
		_exit(write(fd, "through", 7) != 7);
	}
	int fd = open("fifo", O_RDONLY);
	CHECK(read(fd, buffer, 16) == 7 && !memcmp(buffer, "through", 7));
	CHECK(!status_of(pid) && read(fd, buffer, 16) == 0);
	close(fd);
	unlink("fifo");
}

static void polls(void)
{
	int ends[2];
	struct timespec short_time = { 0, 30000000 };
	struct timeval short_val = { 0, 30000 };
	fd_set set;
	pid_t pid;

	CHECK(!pipe(ends));
	struct pollfd p[3] = { { ends[0], POLLIN, 9 }, { ends[1], POLLOUT, 9 }, { -1, POLLIN, 9 } };
	CHECK(poll(p, 3, -1) == 1 && !p[0].revents && p[1].revents == POLLOUT && !p[2].revents);
	double start = now();
	CHECK(ppoll(p, 1, &short_time, 0) == 0 && now() - start > 0.02 && now() - start < 1);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	CHECK(select(ends[0] + 1, &set, 0, 0, &short_val) == 0 && !FD_ISSET(ends[0], &set));
	if (!(pid = fork())) {
		usleep(20000);
		write(ends[1], "y", 1);
		_exit(0);
	}
	FD_SET(ends[0], &set);
	CHECK(select(ends[0] + 1, &set, 0, 0, 0) == 1 && FD_ISSET(ends[0], &set));
	CHECK(poll(p, 1, 0) == 1 && p[0].revents == POLLIN);
	p[0].events = POLLRDNORM;
	CHECK(poll(p, 1, 0) == 1 && p[0].revents == POLLRDNORM);
	status_of(pid);
	char c;
	read(ends[0], &c, 1);
	close(ends[1]);
	CHECK(poll(p, 1, -1) == 1 && p[0].revents == POLLHUP);
	p[0].fd = 77;
	CHECK(poll(p, 1, -1) == 1 && p[0].revents == POLLNVAL);
	FD_ZERO(&set);
	FD_SET(77, &set);
	CHECK(select(78, &set, 0, 0, 0) == -1 && errno == EBADF);
	CHECK(select(-1, 0, 0, 0, 0) == -1 && errno == EINVAL);
	int fd = open("/dev/null", O_RDWR);
	p[0] = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	CHECK(poll(p, 1, -1) == 1 && p[0].revents == (POLLIN | POLLOUT));
	/* no descriptors at all: a sleep */
	start = now();
	CHECK(poll(0, 0, 30) == 0 && now() - start > 0.02);

	/* pselect lets a signal through that is blocked outside */
	sigset_t block = only(SIGUSR1), before;
	sigprocmask(SIG_BLOCK, &block, &before);
	on(SIGUSR1, plain, SA_RESTART);
	kill(getpid(), SIGUSR1);
	CHECK(count == 0);
	CHECK(pselect(0, 0, 0, 0, 0, &before) == -1 && errno == EINTR && count == 1);
	sigset_t current;
	sigprocmask(0, 0, &current);
	CHECK(sigismember(&current, SIGUSR1));
	/* and a deadly one kills */
	if (!(pid = fork())) {
		signal(SIGUSR1, SIG_DFL);
		kill(getpid(), SIGUSR1);
		pselect(0, 0, 0, 0, 0, &before);
		_exit(0);
	}
	CHECK(status_of(pid) == SIGUSR1);
	sigprocmask(SIG_SETMASK, &before, 0);
}

static void spawns(void)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *echo[] = { "echo", "spawned", 0 }, buffer[64] = "";
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "spawn.out", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	CHECK(!posix_spawnp(&pid, "echo", &actions, 0, echo, environ));
	CHECK(waitpid(pid, &status, 0) == pid && !status);
	int fd = open("spawn.out", O_RDONLY);
	CHECK(read(fd, buffer, sizeof buffer) == 8 && !strcmp(buffer, "spawned\n"));
	close(fd);
	unlink("spawn.out");
	CHECK(posix_spawn(&pid, "/nonexistent", 0, 0, echo, environ) == ENOENT);
	CHECK(wait(&status) == -1 && errno == ECHILD);
	posix_spawn_file_actions_addclose(&actions, 99);
	posix_spawn_file_actions_adddup2(&actions, 98, 97);
	CHECK(posix_spawnp(&pid, "echo", &actions, 0, echo, environ) == EBADF);
	unlink("spawn.out");

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	char *sleeps[] = { "sleep", "100", 0 };
	CHECK(!posix_spawnp(&pid, "sleep", 0, &attributes, sleeps, environ));
	CHECK(getpgid(pid) == pid && getpgrp() != pid);
	kill(pid, SIGKILL);
	CHECK(status_of(pid) == SIGKILL);

	CHECK(system("exit 7") == 7 << 8);
	CHECK(system(0) != 0);
	FILE *f = popen("echo popped; exit 2", "r");
	CHECK(f && fgets(buffer, sizeof buffer, f) && !strcmp(buffer, "popped\n") && pclose(f) == 2 << 8);
	f = popen("cat > pop.out", "w");
	fputs("pushed", f);
	CHECK(!pclose(f));
	fd = open("pop.out", O_RDONLY);
	CHECK(read(fd, buffer, sizeof buffer) == 6);
	close(fd);
	unlink("pop.out");

	/* a handler in the parent while it acts as the child */
	on(SIGALRM, plain, SA_RESTART);
	in_ms(1);
	int good = 1;
	for (int i = 0; i < 2000 && !count; i++) {
		good &= !posix_spawnp(&pid, "true", 0, 0, (char *[]){ "true", 0 }, environ);
		good &= waitpid(pid, &status, 0) == pid && !status;
	}
	CHECK(good && count == 1);

	/* vfork: the parent returns when the child has executed or exited, and sees what it did to the memory */
	volatile int seen = 0;
	pid_t self = getpid();
	if (!(pid = vfork())) {
		seen = getpid();
		chdir("/");
		execlp("sh", "sh", "-c", "test $(pwd) = / && exit 4", (char *)0);
		_exit(1);
	}
	CHECK(pid > 0 && seen == pid && getpid() == self);
	CHECK(status_of(pid) == 4 << 8);
	CHECK(open("spawn.out", O_WRONLY | O_CREAT, 0644) >= 0 && !unlink("spawn.out"));
	if (!(pid = vfork())) {
		seen = execl("/nonexistent", "x", (char *)0) == -1 && errno == ENOENT;
		_exit(3);
	}
	CHECK(seen == 1 && status_of(pid) == 3 << 8);
	CHECK(!posix_spawnp(&pid, "true", 0, 0, (char *[]){ "true", 0 }, environ) && !status_of(pid));

	char *arguments[] = { "sh", "-c", "test \"$A\" = b && exit 5", 0 }, *variables[] = { "A=b", 0 };
	if (!(pid = fork())) {
		execve("/bin/sh", arguments, variables);
		_exit(1);
	}
	CHECK(status_of(pid) == 5 << 8);
	CHECK(execl("/etc/passwd", "x", (char *)0) == -1 && errno == EACCES);
	CHECK(execl("/", "x", (char *)0) == -1 && errno == EACCES);
	fd = open("text", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	write(fd, "no program\n", 11);
	close(fd);
	CHECK(execl("text", "x", (char *)0) == -1 && errno == ENOEXEC);
	unlink("text");
	static char huge[200000];
	memset(huge, 'x', sizeof huge - 1);
	CHECK(execl("/bin/true", "true", huge, (char *)0) == -1 && errno == E2BIG);
}

static void files(void)
{
	char buffer[64];
	struct stat st;
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(write(fd, "spawned\n", 8) == 8);
	CHECK(lseek(fd, -3, SEEK_END) == 5 && pread(fd, buffer, 2, 1) == 2 && buffer[0] == 'p');
	CHECK(lseek(fd, 0, SEEK_CUR) == 5);
	CHECK(lseek(fd, 5000000000LL, SEEK_SET) == 5000000000LL && read(fd, buffer, 1) == 0);
	CHECK(write(fd, "x", 1) == 1 && !fstat(fd, &st) && st.st_size == 5000000001LL && st.st_blocks == 16);
	CHECK(lseek(fd, 8, SEEK_DATA) == 8 && lseek(fd, 8, SEEK_HOLE) == 4096);
	CHECK(lseek(fd, 4096, SEEK_DATA) == 4999999488LL && lseek(fd, 4999999488LL, SEEK_HOLE) == 5000000001LL);
	CHECK(lseek(fd, 1LL << 44, SEEK_SET) == 1LL << 44 && write(fd, "x", 1) == -1 && errno == EFBIG);
	CHECK(!ftruncate(fd, 8));
	CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
	CHECK(lseek(fd, LLONG_MAX, SEEK_CUR) == -1 && (errno == EINVAL || errno == EOVERFLOW));
	CHECK(lseek(fd, 0, 9) == -1 && errno == EINVAL);
	CHECK(lseek(fd, 0, SEEK_HOLE) == 8 && lseek(fd, 8, SEEK_DATA) == -1 && errno == ENXIO);
	CHECK(pwrite(fd, "end", 3, 20) == 3 && !fstat(fd, &st) && st.st_size == 23);
	CHECK(pread(fd, buffer, 12, 8) == 12 && !memcmp(buffer, "\0\0\0\0\0\0\0\0\0\0\0\0", 12));
	CHECK(!ftruncate(fd, 3) && !ftruncate(fd, 10) && pread(fd, buffer, 10, 0) == 10 && !buffer[3] && !buffer[9]);
	CHECK(ftruncate(fd, -1) == -1 && errno == EINVAL);
	char *map = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED && !memcmp(map, "spa", 4));
	CHECK(!munmap(map, 4096));
	int append = open("file", O_WRONLY | O_APPEND);
	CHECK(write(append, "+", 1) == 1 && pwrite(append, "-", 1, 0) == 1);
	CHECK(pread(fd, buffer, 12, 0) == 12 && buffer[0] == 's' && buffer[10] == '+' && buffer[11] == '-');
	close(append);

	CHECK(read(999, buffer, 1) == -1 && errno == EBADF);
	int directory = open(".", O_RDONLY);
	CHECK(read(directory, buffer, 1) == -1 && errno == EISDIR);
	CHECK(write(directory, buffer, 1) == -1 && errno == EBADF);
	struct termios mode;
	CHECK(tcgetattr(fd, &mode) == -1 && errno == ENOTTY && !isatty(fd));
	int path = open("file", O_PATH);
	CHECK(read(path, buffer, 1) == -1 && errno == EBADF && !fstat(path, &st));
	CHECK(ioctl(fd, FIONREAD, &st) == 0);

	/* set-user-ID goes when a user writes */
	CHECK(!fchmod(fd, 04755) && !fstat(fd, &st) && st.st_mode & S_ISUID);
	write(fd, "x", 1);
	CHECK(!fstat(fd, &st) && !(st.st_mode & S_ISUID));

	/* a description shared across fork has one position */
	lseek(fd, 0, SEEK_SET);
	pid_t pid = fork();
	if (!pid) _exit(read(fd, buffer, 4) != 4);
	CHECK(!status_of(pid) && lseek(fd, 0, SEEK_CUR) == 4);

	struct rlimit limit = { 5, 10 };
	if (!(pid = fork())) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		lseek(fd, 0, SEEK_SET);
		CHECK(write(fd, "0123456789", 10) == 5);
		CHECK(write(fd, "0123456789", 10) == -1 && errno == EFBIG);
		signal(SIGXFSZ, SIG_DFL);
		write(fd, "x", 1);
		_exit(failures);
	}
	CHECK(status_of(pid) == SIGXFSZ);
	close(fd);
	unlink("file");
	CHECK(access("file", F_OK) == -1 && errno == ENOENT);
	CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur < 200);
}

static struct flock region(int type, off_t start, off_t length)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
}

static void locks(void)
{
	int fd = open("locked", O_RDWR | O_CREAT, 0600);
	struct flock whole = region(F_WRLCK, 0, 0), part = region(F_WRLCK, 10, 5), none = region(F_UNLCK, 0, 0);
	pid_t pid;
	int ends[2];
	char c;

	pipe(ends);
	CHECK(!fcntl(fd, F_SETLK, &whole));
	if (!(pid = fork())) {
		struct flock asked = part;
		CHECK(fcntl(fd, F_SETLK, &part) == -1 && errno == EAGAIN);
		CHECK(!fcntl(fd, F_GETLK, &asked) && asked.l_type == F_WRLCK && asked.l_pid == getppid());
		CHECK(asked.l_start == 0 && asked.l_len == 0);
		write(ends[1], "x", 1);
		double start = now();
		CHECK(!fcntl(fd, F_SETLKW, &part) && now() - start > 0.02);
		_exit(failures);
	}
	read(ends[0], &c, 1);
	usleep(40000);
	CHECK(!fcntl(fd, F_SETLK, &none));
	CHECK(!status_of(pid));
	CHECK(!fcntl(fd, F_GETLK, &part) && part.l_type == F_UNLCK);
	part.l_type = F_WRLCK;

	/* deadlock: each waits for the other */
	struct flock first = region(F_WRLCK, 0, 1), second = region(F_WRLCK, 1, 1);
	fcntl(fd, F_SETLK, &first);
	if (!(pid = fork())) {
		fcntl(fd, F_SETLK, &second);
		write(ends[1], "x", 1);
		_exit(fcntl(fd, F_SETLKW, &first) != 0);
	}
	read(ends[0], &c, 1);
	usleep(20000);
	CHECK(fcntl(fd, F_SETLKW, &second) == -1 && errno == EDEADLK);
	fcntl(fd, F_SETLK, &none);
	CHECK(!status_of(pid));

	/* a signal ends the wait */
	int other = open("locked", O_RDWR);
	CHECK(!flock(fd, LOCK_EX) && flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	on(SIGALRM, plain, 0);
	in_ms(20);
	CHECK(flock(other, LOCK_SH) == -1 && errno == EINTR && count == 1);
	close(fd);
	CHECK(!flock(other, LOCK_EX | LOCK_NB));
	CHECK(lockf(other, F_TLOCK, 0) == 0);
	struct flock negative = region(F_RDLCK, -1, 0);
	CHECK(fcntl(other, F_SETLK, &negative) == -1 && errno == EINVAL);
	CHECK(fcntl(other, F_SETLK, (struct flock *)-16) == -1 && errno == EFAULT);
	close(other);
	unlink("locked");
}

/* Before anything else is printed. */
static void output(void)
{
	int ends[2], out = dup(1);
	char text[16] = "";

	/* what goes to a pipe is kept, from the first line on */
	pipe(ends);
	dup2(ends[1], 1);
	puts("out");
	write(1, "err\n", 4);
	fflush(stdout);
	dup2(out, 1);
	CHECK(read(ends[0], text, sizeof text) == 8 && !strcmp(text, "err\nout\n"));
	close(ends[0]);
	close(ends[1]);
	close(out);
}

static const struct {
	const char *name;
	void (*run)(void);
} themes[] = {
	{ "signals", signals }, { "restarts", restarts }, { "children", children }, { "pipes", pipes },
	{ "polls", polls }, { "spawns", spawns }, { "files", files }, { "locks", locks },
	{ "output", output },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof themes/sizeof *themes; i++)
		if (argc > 1 && !strcmp(argv[1], themes[i].name)) themes[i].run();
	return report();
}
