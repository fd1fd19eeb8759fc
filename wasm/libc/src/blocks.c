/* Moving, filling and searching blocks of memory, as WebAssembly does it best: its bulk instructions,
 * which pay from a few dozen bytes on, and sixteen bytes at a time. Reading a whole aligned block is
 * safe even where the object ends in it: memory ends on a page. */
#include <stdint.h>
#include <string.h>
#include "libc.h"

#pragma clang attribute push(__attribute__((target("simd128"))), apply_to = function)

#define BULK 48

typedef uint64_t word __attribute__((__may_alias__, __aligned__(1)));
typedef signed char vector __attribute__((__vector_size__(16), __may_alias__, __aligned__(1)));

void *memcpy(void *restrict dest, const void *restrict src, size_t n)
{
	unsigned char *d = dest;
	const unsigned char *s = src;

	if (n >= BULK) return __builtin_memcpy(dest, src, n);
	for (; n >= 8; n -= 8, d += 8, s += 8) *(word *)d = *(const word *)s;
	for (; n; n--) *d++ = *s++;
	return dest;
}

void *memmove(void *dest, const void *src, size_t n)
{
	unsigned char *d = dest;
	const unsigned char *s = src;

	if (n >= BULK) return __builtin_memmove(dest, src, n);
	if (d <= s) {
		for (; n >= 8; n -= 8, d += 8, s += 8) *(word *)d = *(const word *)s;
		for (; n; n--) *d++ = *s++;
	} else {
		for (; n >= 8; n -= 8) *(word *)(d + n - 8) = *(const word *)(s + n - 8);
		while (n) n--, d[n] = s[n];
	}
	return dest;
}

void *memset(void *dest, int c, size_t n)
{
	unsigned char *d = dest;

	if (n >= BULK) return __builtin_memset(dest, c, n);
	uint64_t pattern = (unsigned char)c*0x0101010101010101ull;
	for (; n >= 8; n -= 8, d += 8) *(word *)d = pattern;
	for (; n; n--) *d++ = c;
	return dest;
}

/* A bit for each byte of the block that is c. */
static inline unsigned matches(const void *block, signed char c)
{
	vector pattern = { c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
	return __builtin_wasm_bitmask_i8x16(*(const vector *)block == pattern);
}

void *memchr(const void *src, int c, size_t n)
{
	const unsigned char *s = src;

	if (!n) return 0;
	/* From the aligned block that s is in; bits below s do not count. */
	const unsigned char *block = (void *)((uintptr_t)s & -16);
	/* As numbers: strnlen(s, -1) means "as far as it takes", and a pointer may not run over. */
	uintptr_t end = (uintptr_t)s + n;
	if (end < (uintptr_t)s) end = UINTPTR_MAX;
	unsigned found = matches(block, c) & ~0u << ((uintptr_t)s & 15);
	while (!found) {
		block += 16;
		if ((uintptr_t)block >= end) return 0;
		found = matches(block, c);
	}
	block += __builtin_ctz(found);
	return (uintptr_t)block < end ? (void *)block : 0;
}

void *__memrchr(const void *src, int c, size_t n)
{
	const unsigned char *s = src;

	for (; n & 15; n--)
		if (s[n - 1] == (unsigned char)c) return (void *)(s + n - 1);
	for (; n; n -= 16) {
		unsigned found = matches(s + n - 16, c);
		if (found) return (void *)(s + n - 16 + 31 - __builtin_clz(found));
	}
	return 0;
}

weak_alias(__memrchr, memrchr);

size_t strlen(const char *s)
{
	const char *block = (void *)((uintptr_t)s & -16);
	unsigned found = matches(block, 0) & ~0u << ((uintptr_t)s & 15);

	while (!found) {
		block += 16;
		found = matches(block, 0);
	}
	return block + __builtin_ctz(found) - s;
}

/* The first byte that is c or the end of the string. */
char *__strchrnul(const char *s, int c)
{
	const char *block = (void *)((uintptr_t)s & -16);
	unsigned found = (matches(block, 0) | matches(block, c)) & ~0u << ((uintptr_t)s & 15);

	while (!found) {
		block += 16;
		found = matches(block, 0) | matches(block, c);
	}
	return (char *)block + __builtin_ctz(found);
}

weak_alias(__strchrnul, strchrnul);

int memcmp(const void *left, const void *right, size_t n)
{
	const unsigned char *l = left, *r = right;

	for (; n >= 16; n -= 16, l += 16, r += 16) {
		unsigned same = __builtin_wasm_bitmask_i8x16(*(const vector *)l == *(const vector *)r);
		if (same != 0xffff) {
			unsigned i = __builtin_ctz(~same);
			return l[i] - r[i];
		}
	}
	for (; n; n--, l++, r++)
		if (*l != *r) return *l - *r;
	return 0;
}

#pragma clang attribute pop
