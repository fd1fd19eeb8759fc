/* A WASI command that knows nothing of tabux: built against zig's wasi-libc, it must find the files, the
 * working directory, standard input and the clock where POSIX says. Prints "ok" and its arguments. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK(what) do { if (!(what)) { printf("FAIL line %d: %s (%s)\n", __LINE__, #what, strerror(errno)); return 1; } } while (0)

int main(int argc, char **argv)
{
	struct stat st;
	char text[32] = "";

	/* relative to the working directory, and absolute */
	CHECK(!mkdir("made", 0755));
	FILE *f = fopen("made/file.txt", "w");
	CHECK(f && fputs("hello", f) >= 0 && !fclose(f));
	CHECK(!stat("made/file.txt", &st) && st.st_size == 5 && S_ISREG(st.st_mode));
	CHECK(!stat("/etc", &st) && S_ISDIR(st.st_mode));
	CHECK(stat("/nowhere/at/all", &st) && errno == ENOENT);
	CHECK(!rename("made/file.txt", "/tmp/renamed.txt"));

	int fd = open("/tmp/renamed.txt", O_RDWR | O_APPEND);
	CHECK(fd >= 0 && write(fd, " world", 6) == 6 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(read(fd, text, sizeof text) == 11 && !strcmp(text, "hello world"));
	CHECK(lseek(fd, -5, SEEK_END) == 6 && lseek(fd, 0, SEEK_CUR) == 6);
	CHECK(!ftruncate(fd, 4) && !fstat(fd, &st) && st.st_size == 4 && !close(fd));
	CHECK(open("/tmp/renamed.txt", O_WRONLY | O_CREAT | O_EXCL, 0644) < 0 && errno == EEXIST);

	CHECK(!symlink("/tmp/renamed.txt", "made/link"));
	CHECK(readlink("made/link", text, sizeof text) == 16 && !memcmp(text, "/tmp/renamed.txt", 16));
	CHECK(!lstat("made/link", &st) && S_ISLNK(st.st_mode));
	CHECK(!link("/tmp/renamed.txt", "made/other") && !stat("made/other", &st) && st.st_nlink == 2);

	int entries = 0;
	DIR *dir = opendir("made");
	CHECK(dir);
	for (struct dirent *e; (e = readdir(dir)); )
		if (e->d_name[0] != '.') entries++;
	CHECK(entries == 2 && !closedir(dir));
	CHECK(!unlink("made/link") && !unlink("made/other") && !rmdir("made") && !unlink("/tmp/renamed.txt"));

	/* waiting */
	struct timespec before, after, pause = { 0, 20000000 };
	CHECK(!clock_gettime(CLOCK_MONOTONIC, &before) && !nanosleep(&pause, 0) && !clock_gettime(CLOCK_MONOTONIC, &after));
	CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 19000000);
	struct pollfd input = { 0, POLLIN, 0 };
	CHECK(poll(&input, 1, 5000) == 1);
	CHECK(fgets(text, sizeof text, stdin) && !strcmp(text, "from a pipe\n"));

	printf("ok %s %s\n", argc > 1 ? argv[1] : "", getenv("GREETING"));
	return 7;
}
