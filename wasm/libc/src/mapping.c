/* mmap and what belongs to it, made of allocations and copies.
 *
 * A mapping of a file has what the file held when it was made. A shared one that may be written is compared with
 * that by msync, munmap, exec and exit, and the pages that differ are written to the file: it is shared with who
 * reads the file after that, not with other processes' mappings, nor does it see what others write meanwhile. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "lock.h"
#include "syscall.h"
#include "tabux.h"

#define PAGE 4096
/* Descriptors of ours are out of the way of the program's, which expect low ones. */
#define FIRST_DESCRIPTOR 512

/* Remembered because munmap may name only a part of one. */
static struct mapping {
	struct mapping *next;
	char *start;
	size_t length;
	char *held; /* of a shared one that may be written: what the file has there, else 0 */
	int fd;     /* the file, where `held` is set or more of it may be asked for; else -1 */
	uint64_t offset;
	int anonymous, shared;
} *mappings;
static volatile int lock[1];

hidden int __tabux_sharing;

static size_t whole_pages(size_t length)
{
	return (length + PAGE - 1) & -PAGE;
}

static long transfer(long call, struct mapping *m, size_t at, size_t length)
{
	for (size_t done = 0; done < length; ) {
		uint64_t place = m->offset + at + done;
		long r = __syscall(call, m->fd, m->start + at + done, length - done, (long)place, (long)(place >> 32));
		if (r < 0) return r;
		if (!r) break;
		done += r;
	}
	return 0;
}

/* Writes the pages that differ from the file, as far as that goes: what is behind its end is nobody's. */
static long save(struct mapping *m, size_t from, size_t to)
{
	struct stat st;
	long r = 0;

	if (!m->held) return 0;
	if (fstat(m->fd, &st)) return -errno;
	size_t end = st.st_size <= m->offset ? 0
		: st.st_size - m->offset < m->length ? st.st_size - m->offset : m->length;
	if (to > end) to = end;
	for (size_t at = from; at < to && !r; at += PAGE) {
		size_t n = to - at < PAGE ? to - at : PAGE;
		if (!memcmp(m->start + at, m->held + at, n)) continue;
		r = transfer(SYS_pwrite64, m, at, n);
		if (!r) memcpy(m->held + at, m->start + at, n);
	}
	return r;
}

static void discard(struct mapping *m)
{
	if (m->fd >= 0) __syscall(SYS_close, m->fd);
	if (m->anonymous && m->shared) __tabux_sharing--;
	free(m->held);
	free(m->start);
	free(m);
}

/* Memory of `length` bytes, of which those from `known` on come from the file. */
static long fill(struct mapping *m, size_t known, int writable)
{
	memset(m->start + known, 0, m->length - known);
	if (m->anonymous) return 0;
	long r = transfer(SYS_pread64, m, known, m->length - known);
	if (r || !(m->shared && writable)) return r;
	char *held = realloc(m->held, m->length);
	if (!held) return -ENOMEM;
	m->held = held;
	memcpy(held + known, m->start + known, m->length - known);
	return 0;
}

/* The file may be mapped so: mmap(2). */
static long allowed(int fd, int shared, int prot)
{
	struct stat st;
	long flags = __syscall(SYS_fcntl, fd, F_GETFL);

	if (flags < 0) return flags;
	if (fstat(fd, &st)) return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)) return -ENODEV;
	if ((flags & O_ACCMODE) == O_WRONLY) return -EACCES;
	if (shared && prot & PROT_WRITE && (flags & O_ACCMODE) != O_RDWR) return -EACCES;
	return 0;
}

hidden long __tabux_mmap(size_t length, int prot, int flags, int fd, uint64_t offset)
{
	int anonymous = !!(flags & MAP_ANON), shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	if (!length || offset % PAGE) return -EINVAL;
	if (flags & MAP_FIXED) return -ENOMEM;
	if (length > PTRDIFF_MAX - PAGE) return -ENOMEM;
	long r = anonymous ? 0 : allowed(fd, shared, prot);
	if (r) return r;

	struct mapping *m = calloc(1, sizeof *m);
	if (!m) return -ENOMEM;
	m->length = whole_pages(length);
	m->start = aligned_alloc(PAGE, m->length);
	m->anonymous = anonymous;
	m->shared = shared;
	m->offset = offset;
	m->fd = fd;
	r = m->start ? fill(m, 0, prot & PROT_WRITE) : -ENOMEM;
	m->fd = -1;
	if (!r && !anonymous && shared) {
		r = __syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
		if (r == -EINVAL) r = __syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0); /* RLIMIT_NOFILE is lower */
		if (r >= 0) {
			m->fd = r;
			r = 0;
		}
	}
	if (anonymous && shared) __tabux_sharing++;
	if (r) {
		discard(m);
		return r;
	}
	LOCK(lock);
	m->next = mappings;
	mappings = m;
	UNLOCK(lock);
	return (long)m->start;
}

/* Frees a mapping that is given back whole; keeps one of which only a part is. */
hidden long __tabux_munmap(void *start, size_t length)
{
	struct mapping *found = 0;

	LOCK(lock);
	for (struct mapping **p = &mappings; *p; p = &(*p)->next) {
		struct mapping *m = *p;
		if (m->start != start || m->length > whole_pages(length)) continue;
		*p = m->next;
		found = m;
		break;
	}
	UNLOCK(lock);
	if (found) {
		save(found, 0, found->length);
		discard(found);
	}
	return 0;
}

hidden long __tabux_mremap(void *start, size_t old, size_t length, int flags)
{
	struct mapping *m;
	long r = -EFAULT;

	length = whole_pages(length);
	if (!length || flags & ~MREMAP_MAYMOVE) return -EINVAL;
	LOCK(lock);
	for (m = mappings; m && m->start != start; m = m->next);
	if (m && whole_pages(old) < m->length) r = -EINVAL; /* a part of it */
	else if (m && length <= m->length) {
		r = save(m, length, m->length);
		m->length = length;
	} else if (m) {
		char *moved = flags & MREMAP_MAYMOVE ? aligned_alloc(PAGE, length) : 0;
		r = -ENOMEM;
		if (moved) {
			char *before = m->start;
			size_t known = m->length;
			memcpy(moved, before, known);
			m->start = moved;
			m->length = length;
			if (m->anonymous || m->fd >= 0) r = fill(m, known, !!m->held);
			else r = -EINVAL; /* a private copy whose file is not known any more */
			if (r) {
				m->start = before;
				m->length = known;
				free(moved);
			} else free(before);
		}
	}
	if (!r) r = (long)m->start;
	UNLOCK(lock);
	return r;
}

hidden long __tabux_msync(void *start, size_t length, int flags)
{
	char *from = start, *to = from + whole_pages(length);
	long r = 0;
	int found = 0, files = -1;

	if ((uintptr_t)start % PAGE || flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)
			|| (flags & MS_ASYNC && flags & MS_SYNC)) return -EINVAL;
	LOCK(lock);
	for (struct mapping *m = mappings; m && !r; m = m->next) {
		char *end = m->start + m->length;
		if (end <= from || m->start >= to) continue;
		found = 1;
		r = save(m, from > m->start ? from - m->start : 0, (to < end ? to : end) - m->start);
		if (m->held) files = m->fd;
	}
	UNLOCK(lock);
	if (!r && flags & MS_SYNC && files >= 0) r = __syscall(SYS_fsync, files);
	return r ? r : found || !length ? 0 : -ENOMEM;
}

hidden long __tabux_madvise(void *start, size_t length, int advice)
{
	char *from = start, *to = from + whole_pages(length);

	if ((uintptr_t)start % PAGE) return -EINVAL;
	switch (advice) {
	case MADV_DONTNEED: /* what is private and anonymous is zero afterwards, on which allocators rely */
		LOCK(lock);
		for (struct mapping *m = mappings; m; m = m->next) {
			char *end = m->start + m->length;
			if (!m->anonymous || m->shared || end <= from || m->start >= to) continue;
			char *a = from > m->start ? from : m->start;
			memset(a, 0, (to < end ? to : end) - a);
		}
		UNLOCK(lock);
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_WILLNEED:
	case MADV_FREE: case MADV_DONTFORK: case MADV_DOFORK: case MADV_MERGEABLE: case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE: case MADV_NOHUGEPAGE: case MADV_DONTDUMP: case MADV_DODUMP:
	case MADV_COLD: case MADV_PAGEOUT:
		return 0;
	}
	return -EINVAL;
}

/* Before the process ends or executes another program. */
hidden void __tabux_save_mappings(void)
{
	for (struct mapping *m = mappings; m; m = m->next) save(m, 0, m->length);
}
