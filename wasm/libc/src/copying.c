/* sendfile(2) and copy_file_range(2), by reading and writing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "syscall.h"
#include "tabux.h"

/* What Linux copies at most in one call. */
#define MOST 0x7ffff000
#define CHUNK 131072

static long mode_of(int fd, int access)
{
	struct stat st;
	long flags = __syscall(SYS_fcntl, fd, F_GETFL);

	if (flags < 0) return flags;
	if ((flags & O_ACCMODE) != O_RDWR && (flags & O_ACCMODE) != access) return -EBADF;
	return fstat(fd, &st) ? -errno : (long)st.st_mode;
}

/* Copies from a place in a file, to a place in one or (to == 0) to where `out` is; how many bytes. An error counts
 * only where nothing has been copied. */
static long copy(int in, off_t *from, int out, off_t *to, size_t count)
{
	size_t size = count < CHUNK ? count : CHUNK, done = 0;
	long r = 0;

	if (!count) return 0;
	char *buffer = malloc(size);
	if (!buffer) return -ENOMEM;
	while (done < count) {
		size_t n = count - done < size ? count - done : size;
		long had = __syscall(SYS_pread64, in, buffer, n, (long)*from, (long)(*from >> 32));
		if (had <= 0) {
			r = had;
			break;
		}
		r = to ? __syscall(SYS_pwrite64, out, buffer, had, (long)*to, (long)(*to >> 32))
			: __syscall(SYS_write, out, buffer, had);
		if (r < 0) break;
		done += r;
		*from += r;
		if (to) *to += r;
		if (r < had) break;
	}
	free(buffer);
	return done ? (long)done : r;
}

hidden long __tabux_sendfile(int out, int in, off_t *offset, size_t count)
{
	off_t place;
	long mode = mode_of(in, O_RDONLY);

	if (mode < 0) return mode;
	if (!S_ISREG(mode) && !S_ISBLK(mode)) return -EINVAL;
	mode = mode_of(out, O_WRONLY);
	if (mode < 0) return mode;
	if (__syscall(SYS_fcntl, out, F_GETFL) & O_APPEND) return -EINVAL;
	if (offset && *offset < 0) return -EINVAL;
	place = offset ? *offset : lseek(in, 0, SEEK_CUR);
	long r = copy(in, &place, out, 0, count < MOST ? count : MOST);
	if (r > 0) {
		if (offset) *offset = place;
		else lseek(in, place, SEEK_SET);
	}
	return r;
}

hidden long __tabux_copy_file_range(int in, off_t *from, int out, off_t *to, size_t count, unsigned flags)
{
	struct stat a, b;
	long mode;

	if (flags) return -EINVAL;
	if ((mode = mode_of(in, O_RDONLY)) < 0) return mode;
	if (S_ISDIR(mode)) return -EISDIR;
	if (!S_ISREG(mode)) return -EINVAL;
	if ((mode = mode_of(out, O_WRONLY)) < 0) return mode;
	if (S_ISDIR(mode)) return -EISDIR;
	if (!S_ISREG(mode)) return -EINVAL;
	if (__syscall(SYS_fcntl, out, F_GETFL) & O_APPEND) return -EBADF;

	off_t source = from ? *from : lseek(in, 0, SEEK_CUR);
	off_t target = to ? *to : lseek(out, 0, SEEK_CUR);
	if (count > MOST) count = MOST;
	if (source < 0 || target < 0) return -EINVAL;
	if (!fstat(in, &a) && !fstat(out, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino
			&& source < target + (off_t)count && target < source + (off_t)count) return -EINVAL;
	long r = copy(in, &source, out, &target, count);
	if (r > 0) {
		if (from) *from = source;
		else lseek(in, source, SEEK_SET);
		if (to) *to = target;
		else lseek(out, target, SEEK_SET);
	}
	return r;
}
