/* atexit(3) with what shared libraries need: each function belongs to a library, whose functions run when that is
 * closed. musl never unloads, so its own has no use for the last parameter of __cxa_atexit. */
#include <stdint.h>
#include <stdlib.h>
#include "libc.h"
#include "lock.h"
#include "fork_impl.h"

#define malloc __libc_malloc

/* So many can always be registered (POSIX, ATEXIT_MAX). */
#define COUNT 32

static struct block {
	struct block *next;
	int used;
	struct entry {
		void (*function)(void *); /* null: has run */
		void *argument, *library;
	} entries[COUNT];
} first, *last = &first;

static volatile int lock[1];
volatile int *const __atexit_lockptr = lock;

/* The one registered last that has not run yet, of one library or (null) of all; taken off the list. */
static int take(void *library, struct entry *found)
{
	for (struct block *b = last; b; b = b->next) {
		for (int i = b->used; i--; ) {
			struct entry *e = &b->entries[i];
			if (!e->function || (library && e->library != library)) continue;
			*found = *e;
			e->function = 0;
			while (b->used && !b->entries[b->used - 1].function) b->used--;
			return 1;
		}
	}
	return 0;
}

/* Runs what a library has registered; of all where that is null. */
void __cxa_finalize(void *library)
{
	struct entry e;
	LOCK(lock);
	while (take(library, &e)) {
		UNLOCK(lock);
		e.function(e.argument);
		LOCK(lock);
	}
	UNLOCK(lock);
}

void __funcs_on_exit()
{
	__cxa_finalize(0);
}

int __cxa_atexit(void (*function)(void *), void *argument, void *library)
{
	LOCK(lock);
	if (last->used == COUNT) {
		struct block *b = malloc(sizeof *b);
		if (!b) {
			UNLOCK(lock);
			return -1;
		}
		b->next = last;
		b->used = 0;
		last = b;
	}
	last->entries[last->used++] = (struct entry){ function, argument, library };
	UNLOCK(lock);
	return 0;
}

static void call(void *function)
{
	((void (*)(void))(uintptr_t)function)();
}

int atexit(void (*function)(void))
{
	return __cxa_atexit(call, (void *)(uintptr_t)function, 0);
}
