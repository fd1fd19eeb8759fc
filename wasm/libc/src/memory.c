/* The process's memory above its data: the break. */
#include <stddef.h>
#include <stdint.h>
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
