/* malloc over the break: boundary tags and segregated lists, in the manner of dlmalloc.
 *
 * A chunk begins with two words, then what the caller gets, aligned to 16:
 *
 *     chunk ->   | size of the chunk before, valid only while that one is free |
 *                | size of this chunk | flags                                  |
 *     memory ->  | the caller's; in a free chunk the links of its list ...     |
 *     next  ->   | (in use, the caller's memory includes this word)            |
 *
 * so a chunk costs 4 bytes. Free chunks are merged with free neighbours and kept in lists by size: one
 * list for each size below 1 KiB, eight for each power of two above. A bitmap finds the first list that
 * has a chunk large enough. The chunk below the break, `top`, is in no list.
 *
 * Before all that, a few small chunks of each size wait unmerged, and marked in use, for the next
 * request of that size: most of what a shell frees it asks for again at once.
 *
 * There are no locks: threads change only where they suspend, and where a loop with calls looks at its fuel. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "atomic.h"
#include "tabux.h"

#define ALIGN 16
#define HEADER 8
#define MIN_CHUNK 16

#define FREE 1u
#define PREV_FREE 2u
#define FLAGS 15u

#define SMALL_LIMIT 1024
#define SMALL_BINS (SMALL_LIMIT/ALIGN)
#define SMALL_LOG 10
#define BINS (SMALL_BINS + (31 - SMALL_LOG)*8)
#define WORDS ((BINS + 31)/32)

#define QUICK_LIMIT 512  /* chunks below this size wait */
#define QUICK_DEPTH 16   /* so many of each size */

#define WASM_PAGE 65536
#define MAX_STEP (4u << 20)

struct chunk {
	uint32_t prev_size;
	uint32_t head; /* size | flags */
	struct chunk *next, *prev;
};

static struct chunk *bins[BINS];
static uint32_t nonempty[WORDS];
static struct chunk *top;
static uint32_t heap_size;

static struct quick {
	struct chunk *first;
	uint32_t count;
} quick[QUICK_LIMIT/ALIGN];

static inline uint32_t size_of(const struct chunk *c)
{
	return c->head & ~FLAGS;
}

static inline struct chunk *at(struct chunk *c, intptr_t offset)
{
	return (struct chunk *)((char *)c + offset);
}

static inline void *memory_of(struct chunk *c)
{
	return (char *)c + HEADER;
}

static inline struct chunk *chunk_of(void *p)
{
	return (struct chunk *)((char *)p - HEADER);
}

/* The chunk size for a request; the caller has excluded requests near SIZE_MAX. */
static inline uint32_t chunk_size(size_t n)
{
	uint32_t size = (n + 4 + ALIGN - 1) & -ALIGN;
	return size < MIN_CHUNK ? MIN_CHUNK : size;
}

static inline unsigned bin_of(uint32_t size)
{
	if (size < SMALL_LIMIT) return size/ALIGN;
	unsigned log = 31 - __builtin_clz(size);
	return SMALL_BINS + (log - SMALL_LOG)*8 + (size >> (log - 3) & 7);
}

static void insert(struct chunk *c, uint32_t size)
{
	unsigned bin = bin_of(size);
	c->prev = 0;
	c->next = bins[bin];
	if (c->next) c->next->prev = c;
	bins[bin] = c;
	nonempty[bin/32] |= 1u << bin%32;
}

static void unlink_chunk(struct chunk *c)
{
	if (c->next) c->next->prev = c->prev;
	if (c->prev) {
		c->prev->next = c->next;
		return;
	}
	unsigned bin = bin_of(size_of(c));
	bins[bin] = c->next;
	if (!c->next) nonempty[bin/32] &= ~(1u << bin%32);
}

/* Makes [c, c+size) a free chunk in its list. Its neighbours are not free. */
static void put_free(struct chunk *c, uint32_t size)
{
	c->head = size | FREE | (c->head & PREV_FREE);
	struct chunk *after = at(c, size);
	after->prev_size = size;
	after->head |= PREV_FREE;
	insert(c, size);
}

/* The first chunk in the first list from `bin` on, or none. */
static struct chunk *first_from(unsigned bin)
{
	unsigned word = bin/32;
	if (word >= WORDS) return 0;
	uint32_t bits = nonempty[word] & ~0u << bin%32;
	while (!bits) {
		if (++word == WORDS) return 0;
		bits = nonempty[word];
	}
	return bins[word*32 + __builtin_ctz(bits)];
}

static struct chunk *find_free(uint32_t size)
{
	unsigned bin = bin_of(size);
	if (size >= SMALL_LIMIT) {
		/* A list of large chunks holds a range of sizes: its first few may do, all above will. */
		struct chunk *c = bins[bin];
		for (int tries = 4; c && tries; c = c->next, tries--)
			if (size_of(c) >= size) return c;
		bin++;
	}
	return first_from(bin);
}

/* Grows the top to more than `size` bytes. */
static int grow_top(uint32_t size)
{
	uint32_t have = top ? size_of(top) : 0;
	uint32_t step = heap_size/8 < MAX_STEP ? heap_size/8 : MAX_STEP;
	uint32_t need = size + MIN_CHUNK + HEADER + ALIGN - have;
	if (need < step) need = step;

	char *start = __tabux_sbrk(0);
	/* Ends on a page: the memory grows in pages anyway. */
	need = ((uintptr_t)start + need + WASM_PAGE - 1 & -WASM_PAGE) - (uintptr_t)start;
	start = __tabux_sbrk(need);
	if (start == (void *)-1) return 0;
	heap_size += need;

	if (top && (char *)top + have + HEADER == start) {
		top->head += need;
		return 1;
	}
	/* The first, or somebody else has moved the break: the old top becomes an ordinary chunk. */
	if (top && have >= 2*MIN_CHUNK) {
		struct chunk *old = top, *fence = at(old, have - MIN_CHUNK);
		fence->head = MIN_CHUNK;
		put_free(old, have - MIN_CHUNK);
	}
	uintptr_t first = ((uintptr_t)start + HEADER + ALIGN - 1 & -ALIGN) - HEADER;
	top = (struct chunk *)first;
	/* HEADER bytes stay above the top, for the words of a chunk that is never there. */
	top->head = (uint32_t)((uintptr_t)start + need - HEADER - first) & ~FLAGS;
	return 1;
}

/* Gives a chunk back to the lists or the top, merged with its free neighbours. */
static void release(struct chunk *c)
{
	uint32_t size = size_of(c);

	if (c->head & PREV_FREE) {
		struct chunk *before = at(c, -(intptr_t)c->prev_size);
		unlink_chunk(before);
		size += size_of(before);
		c = before;
	}
	struct chunk *after = at(c, size);
	if (after == top) {
		c->head = (size + size_of(top)) | (c->head & PREV_FREE);
		top = c;
		return;
	}
	if (after->head & FREE) {
		unlink_chunk(after);
		size += size_of(after);
	}
	put_free(c, size);
}

/* Releases all that waits; true if there was something. */
static int release_quick(void)
{
	int some = 0;
	__tabux_undisturbed++;
	for (struct quick *q = quick; q < quick + QUICK_LIMIT/ALIGN; q++) {
		while (q->first) {
			struct chunk *c = q->first;
			q->first = c->next;
			release(c);
			some = 1;
		}
		q->count = 0;
	}
	__tabux_undisturbed--;
	return some;
}

/* Cuts c, which is not in a list, down to `size` and frees the rest. */
static void trim(struct chunk *c, uint32_t size)
{
	uint32_t rest = size_of(c) - size;
	if (rest < MIN_CHUNK) return;
	struct chunk *r = at(c, size);
	c->head = size | (c->head & FLAGS);
	r->head = rest;
	release(r);
}

static struct chunk *allocate(uint32_t size)
{
	struct chunk *c = find_free(size);
	if (c) {
		uint32_t rest = size_of(c) - size;
		unlink_chunk(c);
		if (rest >= MIN_CHUNK) {
			struct chunk *r = at(c, size);
			c->head = size | (c->head & PREV_FREE);
			r->head = 0;
			put_free(r, rest);
		} else {
			c->head &= ~FREE;
			at(c, size_of(c))->head &= ~PREV_FREE;
		}
		return c;
	}
	if (!top || size_of(top) < size + MIN_CHUNK) {
		if (release_quick()) return allocate(size);
		if (!grow_top(size)) return 0;
	}
	c = top;
	top = at(c, size);
	top->head = size_of(c) - size;
	c->head = size | (c->head & PREV_FREE);
	return c;
}

void *malloc(size_t n)
{
	struct chunk *c;
	if (n <= QUICK_LIMIT - ALIGN - 4) {
		struct quick *q = &quick[chunk_size(n)/ALIGN];
		c = q->first;
		if (c) {
			q->first = c->next;
			q->count--;
			return memory_of(c);
		}
	}
	c = n <= PTRDIFF_MAX - WASM_PAGE ? allocate(chunk_size(n)) : 0;
	if (!c) {
		errno = ENOMEM;
		return 0;
	}
	return memory_of(c);
}

void free(void *p)
{
	if (!p) return;
	struct chunk *c = chunk_of(p);
	if (c->head & FREE || (uintptr_t)p & ALIGN - 1) a_crash();
	uint32_t size = size_of(c);
	if (size < QUICK_LIMIT) {
		struct quick *q = &quick[size/ALIGN];
		if (q->count < QUICK_DEPTH) {
			c->next = q->first;
			q->first = c;
			q->count++;
			return;
		}
	}
	release(c);
}

void *calloc(size_t m, size_t n)
{
	size_t total;
	if (__builtin_mul_overflow(m, n, &total)) {
		errno = ENOMEM;
		return 0;
	}
	void *p = malloc(total);
	return p ? memset(p, 0, total) : 0;
}

/* Grows c in place, into the free memory after it. */
static int extend(struct chunk *c, uint32_t size)
{
	uint32_t have = size_of(c);
	struct chunk *after = at(c, have);
	if (after == top) {
		if (have + size_of(top) < size + MIN_CHUNK && !grow_top(size - have)) return 0;
		if (after != top) return 0; /* the top has moved elsewhere */
		uint32_t left = size_of(top) - (size - have);
		top = at(c, size);
		top->head = left;
		c->head = size | (c->head & FLAGS);
		return 1;
	}
	if (!(after->head & FREE) || have + size_of(after) < size) return 0;
	unlink_chunk(after);
	c->head = (have + size_of(after)) | (c->head & FLAGS);
	at(c, size_of(c))->head &= ~PREV_FREE;
	trim(c, size);
	return 1;
}

void *realloc(void *p, size_t n)
{
	if (!p) return malloc(n);
	if (n > PTRDIFF_MAX - WASM_PAGE) {
		errno = ENOMEM;
		return 0;
	}
	struct chunk *c = chunk_of(p);
	uint32_t size = chunk_size(n), have = size_of(c);
	if (c->head & FREE) a_crash();
	if (size <= have) {
		trim(c, size);
		return p;
	}
	if (extend(c, size)) return p;
	void *q = malloc(n);
	if (!q) return 0;
	memcpy(q, p, have - 4);
	free(p);
	return q;
}

void *aligned_alloc(size_t align, size_t n)
{
	if (align & align - 1 || !align) {
		errno = EINVAL;
		return 0;
	}
	if (align <= ALIGN) return malloc(n);
	if (n > PTRDIFF_MAX - WASM_PAGE - align) {
		errno = ENOMEM;
		return 0;
	}
	uint32_t size = chunk_size(n);
	struct chunk *c = allocate(size + align);
	if (!c) {
		errno = ENOMEM;
		return 0;
	}
	uintptr_t p = (uintptr_t)memory_of(c), aligned = p + align - 1 & -align;
	uint32_t lead = aligned - p;
	if (lead) { /* a multiple of ALIGN, so a chunk by itself */
		struct chunk *a = at(c, lead);
		a->head = size_of(c) - lead;
		c->head = lead | (c->head & FLAGS);
		release(c);
		c = a;
	}
	trim(c, size);
	return memory_of(c);
}

void *memalign(size_t align, size_t n)
{
	return aligned_alloc(align, n);
}

size_t malloc_usable_size(void *p)
{
	return p ? size_of(chunk_of(p)) - 4 : 0;
}

/* musl's own names for the same, used where a program may bring its own malloc. */
void *__libc_malloc(size_t n)
{
	return malloc(n);
}

void *__libc_calloc(size_t m, size_t n)
{
	return calloc(m, n);
}

void *__libc_realloc(void *p, size_t n)
{
	return realloc(p, n);
}

void __libc_free(void *p)
{
	free(p);
}
