/* Mapped files, and copies without a buffer; on Linux the same holds, but where it says otherwise. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"

static char buffer[20000];

static int file(const char *name, size_t size, int flags)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	memset(buffer, 'a', size);
	write(fd, buffer, size);
	lseek(fd, 0, SEEK_SET);
	if (flags == O_RDWR) return fd;
	close(fd);
	return open(name, flags);
}

/* The byte of a file, and how long it is. */
static int byte(const char *name, off_t at)
{
	char c = 0;
	int fd = open(name, O_RDONLY);
	if (pread(fd, &c, 1, at) != 1) c = -1;
	close(fd);
	return c;
}

static off_t size(const char *name)
{
	int fd = open(name, O_RDONLY);
	off_t end = lseek(fd, 0, SEEK_END);
	close(fd);
	return end;
}

static void shared(void)
{
	int fd = file("f", 10000, O_RDWR);
	char *map = mmap(0, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && map[9999] == 'a' && map[10000] == 0);
	CHECK(!((size_t)map & 4095));
	close(fd); /* the mapping stays */
	map[0] = 'x';
	map[9999] = 'y';
	map[10000] = 'z'; /* behind the end: nobody's */
	CHECK(!msync(map, 4096, MS_SYNC) && byte("f", 0) == 'x');
	CHECK(!munmap(map, 10000));
	CHECK(byte("f", 9999) == 'y' && size("f") == 10000);

	fd = open("f", O_RDWR);
	map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	CHECK(map != MAP_FAILED && map[0] == 'a');
	map[1] = 'm';
	CHECK(!msync(map, 4096, MS_ASYNC | MS_INVALIDATE) && byte("f", 4097) == 'm');
	CHECK(msync(map + 1, 1, MS_SYNC) == -1 && errno == EINVAL);
	CHECK(msync(map, 1, MS_SYNC | MS_ASYNC) == -1 && errno == EINVAL);
	/* what somebody else has written meanwhile is not undone by pages that have not changed */
	pwrite(fd, "other", 5, 5000);
	CHECK(!munmap(map, 4096) && byte("f", 5000) == 'o');

	/* by exit and by exec */
	pid_t pid = fork();
	if (!pid) {
		map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		map[2] = 'e';
		_exit(0);
	}
	waitpid(pid, 0, 0);
	CHECK(byte("f", 2) == 'e');
	pid = fork();
	if (!pid) {
		map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		map[3] = 'E';
		execl("/bin/true", "true", (char *)0);
		_exit(1);
	}
	waitpid(pid, 0, 0);
	CHECK(byte("f", 3) == 'E');

	/* private: never in the file */
	map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	map[4] = 'p';
	CHECK(!msync(map, 4096, MS_SYNC) && !munmap(map, 4096) && byte("f", 4) == 'a');
	close(fd);
}

static void refused(void)
{
	int ends[2], fd = file("r", 100, O_RDONLY);
	CHECK(mmap(0, 100, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	CHECK(mmap(0, 100, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	CHECK(mmap(0, 0, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(0, 100, PROT_READ, MAP_PRIVATE, fd, 100) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(0, 100, PROT_READ, MAP_PRIVATE, 999, 0) == MAP_FAILED && errno == EBADF);
	close(fd);
	fd = open("r", O_WRONLY);
	CHECK(mmap(0, 100, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	close(fd);
	fd = open(".", O_RDONLY);
	CHECK(mmap(0, 100, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV);
	close(fd);
	pipe(ends);
	CHECK(mmap(0, 100, PROT_READ, MAP_PRIVATE, ends[0], 0) == MAP_FAILED && errno == ENODEV);
}

static void sizes(void)
{
	int fd = file("s", 12288, O_RDWR);
	char *map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	map[0] = '1';
	char *moved = mremap(map, 4096, 12288, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED && moved[0] == '1' && moved[12287] == 'a');
	moved[12287] = '2';
	CHECK(mremap(moved, 12288, 4096, 0) == moved);
	CHECK(byte("s", 12287) == '2');
	CHECK(!munmap(moved, 4096) && byte("s", 0) == '1');
	CHECK(mremap(moved, 0, 4096, 16) == MAP_FAILED && errno == EINVAL);
	close(fd);

	map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(map, 7, 8192);
	CHECK(!madvise(map + 4096, 4096, MADV_DONTNEED) && map[4095] == 7 && map[4096] == 0 && map[8191] == 0);
	CHECK(!madvise(map, 8192, MADV_SEQUENTIAL));
	CHECK(madvise(map, 8192, 12345) == -1 && errno == EINVAL);
	map = mremap(map, 8192, 1 << 20, MREMAP_MAYMOVE);
	CHECK(map[0] == 7 && map[(1 << 20) - 1] == 0);
	CHECK(!munmap(map, 1 << 20));
}

static void anonymous(void)
{
	char *map = mmap(0, 100, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(map != MAP_FAILED && !map[99]);
	map[99] = 1;
	pid_t pid = fork();
#ifdef __wasm__
	/* it could not be shared with the child, which is said rather than not done */
	CHECK(pid == -1 && errno == ENODEV);
#else
	if (!pid) _exit(map[99] = 2);
	waitpid(pid, 0, 0);
	CHECK(map[99] == 2);
#endif
	CHECK(!munmap(map, 100));
	pid = fork();
	if (!pid) _exit(0);
	CHECK(pid > 0 && waitpid(pid, 0, 0) == pid);
}

static void copies(void)
{
	int from = file("c", 10000, O_RDWR), to = open("d", O_RDWR | O_CREAT | O_TRUNC, 0644), ends[2];
	off_t a = 100, b = 7;
	CHECK(sendfile(to, from, &a, 5000) == 5000 && a == 5100 && lseek(from, 0, SEEK_CUR) == 0);
	CHECK(sendfile(to, from, 0, 99999) == 10000 && lseek(from, 0, SEEK_CUR) == 10000);
	CHECK(size("d") == 15000 && sendfile(to, from, 0, 10) == 0);
	a = -1;
	CHECK(sendfile(to, from, &a, 10) == -1 && errno == EINVAL);
	pipe(ends);
	a = 0;
	CHECK(sendfile(ends[1], from, &a, 300) == 300 && read(ends[0], buffer, sizeof buffer) == 300);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 30; i++) {
		a = 0;
		if (sendfile(ends[1], from, &a, 10000) < 0) break;
	}
	CHECK(errno == EAGAIN);

	a = 5000;
	CHECK(copy_file_range(from, &a, to, &b, 9999, 0) == 5000 && a == 10000 && b == 5007);
	CHECK(copy_file_range(from, &a, to, &b, 1, 0) == 0);
	a = 0;
	CHECK(copy_file_range(from, &a, to, &b, 1, 1) == -1 && errno == EINVAL);
	b = 50;
	CHECK(copy_file_range(from, &a, from, &b, 100, 0) == -1 && errno == EINVAL);
	CHECK(copy_file_range(from, &a, ends[1], 0, 100, 0) == -1 && errno == EINVAL);
	int reading = open("d", O_RDONLY), appending = open("d", O_WRONLY | O_APPEND);
	CHECK(copy_file_range(from, &a, reading, 0, 100, 0) == -1 && errno == EBADF);
	CHECK(copy_file_range(from, &a, appending, 0, 100, 0) == -1 && errno == EBADF);
}

static void limits(void)
{
	errno = 0;
	CHECK(fpathconf(999, _PC_NAME_MAX) == -1 && errno == EBADF);
	CHECK(pathconf("nothing", _PC_NAME_MAX) == -1 && errno == ENOENT);
	CHECK(pathconf(".", _PC_NAME_MAX) == 255 && pathconf(".", 9999) == -1 && errno == EINVAL);
}

int main(void)
{
	shared();
	refused();
	sizes();
	anonymous();
	copies();
	limits();
	return report();
}
