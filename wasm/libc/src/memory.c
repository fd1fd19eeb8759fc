/* The process's memory above its data: the break, and mmap made of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "syscall.h"
#include "tabux.h"

#define WASM_PAGE 65536

extern unsigned char __heap_base; /* by the linker */
static uintptr_t brk_end;

/* Moves the break up by n bytes; the old one, or (void *)-1 where the memory cannot grow.
 * The break never goes down: freed memory goes back to malloc. New memory is zero. */
hidden void *__tabux_sbrk(size_t n)
{
	if (!brk_end) brk_end = ((uintptr_t)&__heap_base + 15) & -16;
	uintptr_t old = brk_end;
	if (n > -old - WASM_PAGE) return (void *)-1;
	size_t pages = __builtin_wasm_memory_size(0);
	size_t wanted = (old + n + WASM_PAGE - 1)/WASM_PAGE;
	if (wanted > pages && __builtin_wasm_memory_grow(0, wanted - pages) == (size_t)-1)
		return (void *)-1;
	brk_end = old + n;
	return (void *)old;
}

/* Mappings are allocations, remembered because munmap may name only a part of one. */
static struct mapping {
	struct mapping *next;
	char *start;
	size_t length;
} *mappings;

static long read_file(char *to, size_t length, int fd, uint64_t offset)
{
	for (size_t done = 0; done < length; ) {
		uint64_t at = offset + done;
		long r = __syscall(SYS_pread64, fd, to + done, length - done, (long)at, (long)(at >> 32));
		if (r < 0) return r;
		if (!r) break;
		done += r;
	}
	return 0;
}

/* Anonymous private memory, or a private copy of a file. There is no sharing between processes,
 * so a writable shared mapping is refused; a read-only one is a copy too. */
hidden long __tabux_mmap(size_t length, int prot, int flags, int fd, uint64_t offset)
{
	int anonymous = flags & MAP_ANON, shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	if (!length) return -EINVAL;
	if (flags & MAP_FIXED) return -ENOMEM;
	if (shared && (anonymous || prot & PROT_WRITE)) return -ENODEV;
	if (length > PTRDIFF_MAX - 4096) return -ENOMEM;

	length = (length + 4095) & -4096;
	struct mapping *m = malloc(sizeof *m);
	if (!m) return -ENOMEM;
	m->length = length;
	m->start = aligned_alloc(4096, length);
	if (!m->start) {
		free(m);
		return -ENOMEM;
	}
	memset(m->start, 0, length);
	long r = anonymous ? 0 : read_file(m->start, length, fd, offset);
	if (r) {
		free(m->start);
		free(m);
		return r;
	}
	m->next = mappings;
	mappings = m;
	return (long)m->start;
}

/* Frees a mapping that is given back whole; keeps one of which only a part is. */
hidden long __tabux_munmap(void *start, size_t length)
{
	__tabux_undisturbed++; /* the list must not change under the loop */
	for (struct mapping **p = &mappings; *p; p = &(*p)->next) {
		struct mapping *m = *p;
		if (m->start != start || m->length > ((length + 4095) & -4096)) continue;
		*p = m->next;
		free(m->start);
		free(m);
		break;
	}
	__tabux_undisturbed--;
	return 0;
}
