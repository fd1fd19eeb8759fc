/* dlopen(3) and dlclose(3). Loading is: find the files, of all that a library needs (breadth first); have the gate
 * compile each and say how much memory it wants; have it link those that are new, all or none; relocate; construct.
 * No JavaScript frame is below a constructor, so it may block. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libc.h"
#include "syscall.h"
#include "tabux.h"
#include "dl.h"

/* What modules made by other compilers for the web expect the program to have: C++'s run time and unwinding. */
#define COMPANION "libc++.so.1"

hidden struct dl __dl_program = {
	.map.l_name = "", .module = PROGRAM, .scope = &__dl_program.module, .scope_length = 1,
	.linked = 1, .constructed = 1, .global = 1, .kept = 1,
};
static struct dl *last = &__dl_program;
static char out_of_memory[] = "%s: cannot allocate memory";

static pthread_mutex_t mutex = { .__u.__i = { PTHREAD_MUTEX_RECURSIVE } };

/* A constructor may load libraries itself. */
void __dl_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void __dl_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

struct dl *__dl_of_module(int module)
{
	struct dl *d = &__dl_program;
	while (d && d->module != module) d = next(d);
	return d;
}

int __dl_is_open(const void *handle)
{
	for (struct dl *d = &__dl_program; d; d = next(d))
		if (d == handle) return d == &__dl_program || d->linked;
	return 0;
}

/* Takes a library out of the list, and all that it has. */
static void discard(struct dl *d)
{
	if (d->module != PROGRAM) __syscall(SYS_tabux_dldrop, d->module);
	d->map.l_prev->l_next = d->map.l_next;
	if (d->map.l_next) d->map.l_next->l_prev = d->map.l_prev;
	else last = (struct dl *)d->map.l_prev;
	free(d->memory);
	free(d->needed);
	free(d->scope);
	free(d->runpath);
	free(d->short_name);
	free(d->map.l_name);
	free(d);
}

static struct dl *find_by_name(const char *name)
{
	for (struct dl *d = next(&__dl_program); d; d = next(d))
		if (d->short_name && !strcmp(d->short_name, name)) return d;
	return 0;
}

static struct dl *find_by_file(const struct stat *st)
{
	for (struct dl *d = next(&__dl_program); d; d = next(d))
		if (d->device == st->st_dev && d->inode == st->st_ino) return d;
	return 0;
}

/* Has an open file compiled and its memory made. Null: dlerror says why. */
static struct dl *compile(int fd, char *path, const struct stat *st)
{
	char message[DL_MESSAGE];
	struct dl *d = calloc(1, sizeof *d);
	if (!d) {
		__dl_seterr(out_of_memory, path);
		free(path);
		return 0;
	}
	d->map.l_name = path;
	d->device = st->st_dev;
	d->inode = st->st_ino;
	d->map.l_prev = &last->map;
	last->map.l_next = &d->map;
	last = d;
	long module = __syscall(SYS_tabux_dlmodule, fd, &d->needs, message, sizeof message);
	if (module < 0) {
		switch (module) {
		case -ENOEXEC:
			__dl_seterr("%s: %s", path, message);
			break;
		case -ENOSYS:
			__dl_seterr("%s: Dynamic loading not supported", path);
			break;
		default:
			__dl_seterr("%s: cannot read file data: %s", path, strerror(-module));
		}
		discard(d);
		return 0;
	}
	d->module = module;
	d->needed = calloc(d->needs.libraries + 1, sizeof *d->needed);
	size_t alignment = d->needs.alignment < 16 ? 16 : d->needs.alignment;
	/* (an address of its own even where it has no data: that names it to __cxa_finalize) */
	size_t size = d->needs.memory ? d->needs.memory : 16;
	if (size <= PTRDIFF_MAX - alignment) d->memory = aligned_alloc(alignment, size);
	if (d->needs.runpath && (d->runpath = malloc(DL_NAME)))
		__syscall(SYS_tabux_dlneeded, module, -1, d->runpath, DL_NAME);
	if (!d->memory || !d->needed || (d->needs.runpath && !d->runpath)) {
		__dl_seterr(out_of_memory, path);
		discard(d);
		return 0;
	}
	memset(d->memory, 0, size);
	d->map.l_addr = (size_t)d->memory;
	return d;
}

/* The library of a name: one that is there, else a new one at the end of the list. */
static struct dl *load(const char *name, struct dl *needed_by, int only_loaded)
{
	struct stat st;
	char *path;
	struct dl *d = strchr(name, '/') ? 0 : find_by_name(name);
	if (d) return d;
	int fd = __dl_search(name, needed_by, &path);
	if (fd < 0) {
		__dl_seterr("%s: cannot open shared object file: %s", name, strerror(errno));
		return 0;
	}
	if (fstat(fd, &st)) {
		__dl_seterr("%s: cannot stat shared object: %s", path, strerror(errno));
		free(path);
	} else if ((d = find_by_file(&st))) {
		free(path);
	} else if (only_loaded) {
		__dl_seterr("%s: not loaded", path);
		free(path);
	} else {
		d = compile(fd, path, &st);
		if (d) d->needed_by = needed_by;
	}
	close(fd);
	if (d && !d->short_name && !strchr(name, '/')) d->short_name = strdup(name);
	return d;
}

/* Loads what a library needs, and what that needs. */
static int load_needed(struct dl *first)
{
	char name[DL_NAME];
	for (struct dl *d = first; d; d = next(d)) {
		for (int i = 0; i < d->needs.libraries; i++) {
			long r = __syscall(SYS_tabux_dlneeded, d->module, i, name, sizeof name);
			if (r < 0) {
				__dl_seterr("%s: cannot read the name of a library that it needs: %s", d->map.l_name, strerror(-r));
				return -1;
			}
			if (!(d->needed[i] = load(name, d, 0))) return -1;
		}
	}
	return 0;
}

/* The modules that a library's symbols are looked for in: itself and all that it needs, breadth first. */
static int make_scope(struct dl *d)
{
	int count = 0, length = 1;
	for (struct dl *other = &__dl_program; other; other = next(other)) count++;
	struct dl **queue = malloc(count * sizeof *queue);
	d->scope = malloc(count * sizeof *d->scope);
	if (!queue || !d->scope) {
		free(queue);
		__dl_seterr(out_of_memory, d->map.l_name);
		return -1;
	}
	for (struct dl *other = &__dl_program; other; other = next(other)) other->marked = 0;
	d->marked = 1;
	queue[0] = d;
	for (int i = 0; i < length; i++) {
		d->scope[i] = queue[i]->module;
		for (struct dl **n = queue[i]->needed; n && *n; n++) {
			if ((*n)->marked) continue;
			(*n)->marked = 1;
			queue[length++] = *n;
		}
	}
	d->scope_length = length;
	free(queue);
	return 0;
}

static int make_scopes(struct dl *first)
{
	for (struct dl *d = first; d; d = next(d))
		if (make_scope(d)) return -1;
	return 0;
}

/* Has the gate link a library and all after it. A positive result: symbols are missing, dlerror names them. */
static int link_from(struct dl *first)
{
	char message[DL_MESSAGE];
	int count = 0, globals = 0;
	for (struct dl *d = first; d; d = next(d)) count++;
	for (struct dl *d = &__dl_program; d; d = next(d)) globals++;
	struct dl_linked *list = malloc(count * sizeof *list);
	int *global = malloc(globals * sizeof *global);
	long r = -ENOMEM;
	if (list && global) {
		/* what is needed comes after what needs it, and is linked before */
		int i = count;
		globals = 0;
		for (struct dl *d = &__dl_program; d; d = next(d))
			if (d->global) global[globals++] = d->module;
		for (struct dl *d = first; d; d = next(d))
			list[--i] = (struct dl_linked){ d->module, d->memory, d->scope, d->scope_length };
		r = __syscall(SYS_tabux_dllink, list, count, global, globals, message, sizeof message);
	}
	if (r >= 0) {
		for (int i = 0; i < count; i++) {
			struct dl *d = __dl_of_module(list[i].module);
			d->relocate = list[i].relocate;
			d->construct = list[i].construct;
			d->linked = 1;
		}
	} else if (r == -ENOMEM) {
		__dl_seterr(out_of_memory, first->map.l_name);
	} else {
		/* the first word of the message is the number of the module that it is about */
		char *rest;
		struct dl *about = __dl_of_module(strtol(message, &rest, 10));
		__dl_seterr("%s:%s", about ? about->map.l_name : first->map.l_name, rest);
	}
	free(list);
	free(global);
	return r == -ENOENT ? 1 : r < 0 ? -1 : 0;
}

/* Constructors of what a library needs run before its own; in a circle, anyhow. */
static void construct(struct dl *d)
{
	if (d->constructed) return;
	d->constructed = 1;
	for (struct dl **n = d->needed; n && *n; n++) construct(*n);
	if (d->construct) d->construct();
}

static void keep_open(struct dl *d, int mode)
{
	if (mode & RTLD_NODELETE) d->kept = 1;
	if (!(mode & RTLD_GLOBAL)) return;
	/* others may bind to what everybody sees, so it stays */
	for (int i = 0; i < d->scope_length; i++) {
		struct dl *member = __dl_of_module(d->scope[i]);
		member->global = member->kept = 1;
	}
}

/* Links and starts everything from a library on; what it loaded is gone where that fails. */
static int start_from(struct dl *first)
{
	int failed = load_needed(first) || make_scopes(first) ? -1 : link_from(first);
	if (failed > 0 && !find_by_name(COMPANION)) {
		struct dl *companion = load(COMPANION, 0, 0);
		if (companion) {
			companion->global = companion->kept = 1;
			failed = load_needed(companion) || make_scopes(companion) ? -1 : link_from(first);
		} else {
			/* not installed: what is missing is what dlerror tells */
			link_from(first);
		}
	}
	if (failed) {
		while (last != &__dl_program && !last->linked) discard(last);
		return -1;
	}
	for (struct dl *d = first; d; d = next(d))
		if (d->relocate) d->relocate();
	struct dl *companion = find_by_name(COMPANION);
	if (companion) construct(companion);
	for (struct dl *d = first; d; d = next(d)) construct(d);
	return 0;
}

void *dlopen(const char *name, int mode)
{
	if (!(mode & (RTLD_NOW | RTLD_LAZY))) {
		__dl_seterr("%s: invalid mode for dlopen(): Invalid argument", name ? name : "");
		return 0;
	}
	if (!name || !*name) return &__dl_program;
	int cancel;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	__dl_lock();
	struct dl *before = last;
	struct dl *d = load(name, 0, mode & RTLD_NOLOAD);
	if (d && last != before && start_from(next(before))) d = 0;
	if (d) {
		d->references++;
		keep_open(d, mode);
	}
	__dl_unlock();
	pthread_setcancelstate(cancel, 0);
	return d;
}

static void mark(struct dl *d)
{
	if (d->marked) return;
	d->marked = 1;
	for (struct dl **n = d->needed; n && *n; n++) mark(*n);
}

/* Ends what nobody has open and nobody needs: destructors of the library that was loaded last run first. */
static void unload_unused(void)
{
	struct dl *previous;
	for (struct dl *d = &__dl_program; d; d = next(d)) d->marked = 0;
	for (struct dl *d = next(&__dl_program); d; d = next(d))
		/* (one in the middle of its constructors or of its loading is in use) */
		if (d->references || d->kept || !d->linked) mark(d);
	/* those needed come later in the list than those that need them, which end first */
	for (struct dl *d = next(&__dl_program); d; d = next(d))
		if (!d->marked) __cxa_finalize(d->memory);
	for (struct dl *d = last; d != &__dl_program; d = previous) {
		previous = (struct dl *)d->map.l_prev;
		if (!d->marked) discard(d);
	}
}

int dlclose(void *handle)
{
	__dl_lock();
	struct dl *d = handle;
	if (!__dl_is_open(handle) || (d != &__dl_program && !d->references)) {
		__dl_unlock();
		__dl_seterr("shared object not open");
		return -1;
	}
	if (d != &__dl_program && !--d->references) unload_unused();
	__dl_unlock();
	return 0;
}
