/* What is at a name, and what is at an address: dlsym(3), dladdr(3), dlinfo(3). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "libc.h"
#include "syscall.h"
#include "tabux.h"
#include "dl.h"

/* The modules whose symbols everybody sees: the program and what was opened with RTLD_GLOBAL. */
static int *global_scope(int skip_program, int *length)
{
	int count = 0, *scope;
	for (struct dl *d = &__dl_program; d; d = next(d)) count++;
	scope = malloc(count * sizeof *scope);
	*length = 0;
	for (struct dl *d = &__dl_program; scope && d; d = next(d))
		if (d->linked && d->global && !(skip_program && d == &__dl_program)) scope[(*length)++] = d->module;
	return scope;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
	void *found = 0;
	const char *where = __progname_full;
	int length, *own = 0;
	const int *scope;
	long r = -ENOENT;

	__dl_lock();
	if (handle == RTLD_DEFAULT || handle == RTLD_NEXT || handle == &__dl_program) {
		/* The caller of a function cannot be known in WebAssembly: RTLD_NEXT is what comes after the program. */
		scope = own = global_scope(handle == RTLD_NEXT, &length);
	} else if (__dl_is_open(handle)) {
		const struct dl *d = handle;
		scope = d->scope;
		length = d->scope_length;
		where = d->map.l_name;
	} else {
		__dl_unlock();
		__dl_seterr("invalid handle: %p", handle);
		return 0;
	}
	if (scope) r = __syscall(SYS_tabux_dlsym, scope, length, name, &found);
	free(own);
	if (r < 0) __dl_seterr(r == -ENOMEM ? "%s: cannot resolve %s: out of memory" : "%s: undefined symbol: %s", where, name);
	__dl_unlock();
	return r < 0 ? 0 : found;
}

int dladdr(const void *address, Dl_info *info)
{
	/* names are handed out for ever, so each is kept once */
	static struct name {
		struct name *next;
		char text[];
	} *names;
	struct dl_place place;
	char text[DL_NAME];

	__dl_lock();
	long r = __syscall(SYS_tabux_dladdr, address, &place, text, sizeof text);
	struct dl *d = r < 0 ? 0 : __dl_of_module(place.module);
	if (d) {
		*info = (Dl_info){ .dli_fname = d->map.l_name, .dli_fbase = d->memory };
		if (d == &__dl_program) info->dli_fname = __progname_full;
		if (place.symbol) {
			struct name *n = names;
			while (n && strcmp(n->text, text)) n = n->next;
			if (!n && (n = malloc(sizeof *n + strlen(text) + 1))) {
				strcpy(n->text, text);
				n->next = names;
				names = n;
			}
			info->dli_sname = n ? n->text : 0;
			info->dli_saddr = n ? place.symbol : 0;
		}
	}
	__dl_unlock();
	return d != 0;
}

int dlinfo(void *handle, int request, void *result)
{
	if (!__dl_is_open(handle)) {
		__dl_seterr("invalid handle: %p", handle);
		return -1;
	}
	if (request != RTLD_DI_LINKMAP) {
		__dl_seterr("unsupported dlinfo request");
		return -1;
	}
	*(struct link_map **)result = handle;
	return 0;
}
