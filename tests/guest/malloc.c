/* Random malloc, calloc, realloc, aligned_alloc and free: memory is aligned, does not overlap and
 * keeps its content. Prints "ok" and the size of the heap in KiB. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2000, STEPS = 400000 };

static struct {
	unsigned char *p;
	size_t size;
	unsigned char tag;
} slot[SLOTS];

static uint32_t seed = 1;

static uint32_t random32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static size_t random_size(void)
{
	switch (random32() % 10) {
	case 0: return random32() % 100000;
	case 1: case 2: return random32() % 4000;
	default: return random32() % 300;
	}
}

static void fail(const char *what, int step)
{
	printf("FAIL %s at step %d\n", what, step);
	exit(1);
}

static void check(int i, int step)
{
	for (size_t k = 0; k < slot[i].size; k++)
		if (slot[i].p[k] != slot[i].tag) fail("content", step);
}

int main(void)
{
	uintptr_t low = -1, high = 0;
	for (int step = 0; step < STEPS; step++) {
		int i = random32() % SLOTS;
		size_t n = random_size(), align = 16;
		if (slot[i].p) check(i, step);
		if (slot[i].p && random32() % 3) {
			free(slot[i].p);
			slot[i].p = 0;
			continue;
		}
		if (slot[i].p) {
			unsigned char *p = realloc(slot[i].p, n);
			if (!p) fail("realloc", step);
			for (size_t k = 0; k < n && k < slot[i].size; k++)
				if (p[k] != slot[i].tag) fail("realloc's content", step);
			slot[i].p = p;
		} else if (random32() % 8 == 0) {
			align = 16 << random32() % 9;
			slot[i].p = aligned_alloc(align, n);
		} else if (random32() % 4 == 0) {
			slot[i].p = calloc(1, n);
			for (size_t k = 0; k < n; k++)
				if (slot[i].p[k]) fail("calloc", step);
		} else {
			slot[i].p = malloc(n);
		}
		if (!slot[i].p) fail("allocation", step);
		if ((uintptr_t)slot[i].p % align) fail("alignment", step);
		slot[i].size = n;
		slot[i].tag = random32();
		memset(slot[i].p, slot[i].tag, n);
		if ((uintptr_t)slot[i].p < low) low = (uintptr_t)slot[i].p;
		if ((uintptr_t)slot[i].p + n > high) high = (uintptr_t)slot[i].p + n;
	}
	size_t live = 0;
	for (int i = 0; i < SLOTS; i++) {
		if (slot[i].p) live += slot[i].size;
		free(slot[i].p);
	}
	void *all = malloc(high - low - 65536);
	if (!all || (uintptr_t)all > high) fail("merging", STEPS);
	void *volatile refused[] = { malloc(SIZE_MAX), malloc(PTRDIFF_MAX), calloc(SIZE_MAX/2, 3) };
	if (refused[0] || refused[1] || refused[2]) fail("refusal", STEPS);
	printf("ok heap %zu live %zu\n", (size_t)(high - low)/1024, live/1024);
	return 0;
}
