/* memcpy, memmove, memset, memchr, memrchr, memcmp, strlen and strchrnul against the obvious loops, for
 * all small sizes at all alignments. Prints "ok". */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 150, ALIGN = 17, EDGE = 32 };

static unsigned char a[EDGE + ALIGN + MAX + EDGE], b[sizeof a], want[sizeof a];

/* Called through pointers, so that the compiler does not put its own code in their place. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static void *(*volatile find)(const void *, int, size_t) = memchr;
static void *(*volatile find_last)(const void *, int, size_t) = memrchr;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;
static size_t (*volatile length)(const char *) = strlen;
static char *(*volatile find_or_end)(const char *, int) = strchrnul;

static void fail(const char *what, size_t n, int from, int to)
{
	printf("FAIL %s size %zu at %d and %d\n", what, n, from, to);
	exit(1);
}

static void fill(void)
{
	for (size_t i = 0; i < sizeof a; i++) {
		a[i] = i*7 + 1;
		b[i] = want[i] = i*11 + 5;
	}
}

static void same(const unsigned char *found, const char *what, size_t n, int from, int to)
{
	for (size_t i = 0; i < sizeof a; i++)
		if (found[i] != want[i]) fail(what, n, from, to);
}

static void check_writing(size_t n, int from, int to)
{
	fill();
	for (size_t i = 0; i < n; i++) want[EDGE + to + i] = a[EDGE + from + i];
	copy(b + EDGE + to, a + EDGE + from, n);
	same(b, "memcpy", n, from, to);

	fill();
	for (size_t i = 0; i < sizeof a; i++) want[i] = a[i];
	for (size_t i = 0; i < n; i++) want[EDGE + to + i] = a[EDGE + from + i];
	move(a + EDGE + to, a + EDGE + from, n);
	same(a, "memmove", n, from, to);

	fill();
	for (size_t i = 0; i < n; i++) want[EDGE + to + i] = 0xa5;
	set(b + EDGE + to, 0x1a5, n);
	same(b, "memset", n, from, to);
}

static void check_searching(size_t n, int from)
{
	unsigned char *s = a + EDGE + from;
	for (size_t at = 0; at <= n; at++) {
		for (size_t i = 0; i < sizeof a; i++) a[i] = 'x';
		s[-1] = s[n] = 'y'; /* just outside */
		if (at < n) s[at] = 'y';
		if (find(s, 'y', n) != (at < n ? s + at : 0)) fail("memchr", n, from, at);
		if (find(s, 'y', -1) != s + (at < n ? at : n)) fail("memchr without end", n, from, at);
		if (find_last(s, 'y', n) != (at < n ? s + at : 0)) fail("memrchr", n, from, at);

		s[-1] = 0;
		s[n] = 0;
		if (length((char *)s) != n) fail("strlen", n, from, at);
		if (find_or_end((char *)s, 'y') != (char *)s + at) fail("strchrnul", n, from, at);
	}
}

static void check_comparing(size_t n, int from, int to)
{
	for (size_t i = 0; i < sizeof a; i++) a[i] = b[i] = 'x';
	unsigned char *l = a + EDGE + from, *r = b + EDGE + to;
	l[n] = 1;
	r[n] = 2;
	if (compare(l, r, n)) fail("memcmp, equal", n, from, to);
	for (size_t at = 0; at < n; at++) {
		l[at] = 0xfe;
		if (compare(l, r, n) <= 0) fail("memcmp, greater", n, from, to);
		if (compare(r, l, n) >= 0) fail("memcmp, less", n, from, to);
		l[at] = 'x';
	}
}

int main(void)
{
	for (size_t n = 0; n < MAX; n++) {
		for (int from = 0; from < ALIGN; from++) {
			check_searching(n, from);
			for (int to = 0; to < ALIGN; to += 4) {
				check_writing(n, from, to);
				check_comparing(n, from, to);
			}
		}
	}
	puts("ok");
	return 0;
}
