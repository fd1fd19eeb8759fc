/* Where the file of a shared library is: dlopen(3). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libc.h"
#include "tabux.h"
#include "dl.h"

static int open_library(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* An element of a run path with $ORIGIN replaced by the directory of the library that has it. */
static int expand(char *out, size_t size, const char *element, size_t length, const struct dl *owner)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}" };
	const char *slash = strrchr(owner->map.l_name, '/');
	int origin = slash ? slash - owner->map.l_name : 1;
	size_t at = 0;
	while (length) {
		int word = -1;
		for (int i = 0; i < 2; i++)
			if (length >= strlen(words[i]) && !memcmp(element, words[i], strlen(words[i]))) word = i;
		const char *piece = word < 0 ? element : slash ? owner->map.l_name : ".";
		size_t taken = word < 0 ? 1 : strlen(words[word]), added = word < 0 ? 1 : origin;
		if (at + added + 1 > size) return -1;
		memcpy(out + at, piece, added);
		at += added;
		element += taken;
		length -= taken;
	}
	out[at] = 0;
	return 0;
}

/* Tries name in each directory of a list; owner is the library whose run path it is, or null. */
static int search(const char *list, const char *name, const struct dl *owner, char **path)
{
	char directory[DL_NAME], file[DL_NAME];
	for (const char *end; *list; list = *end ? end + 1 : end) {
		end = list + strcspn(list, ":;");
		if (owner) {
			if (expand(directory, sizeof directory, list, end - list, owner)) continue;
		} else {
			snprintf(directory, sizeof directory, "%.*s", (int)(end - list), list);
		}
		/* an empty element is the working directory */
		if ((size_t)snprintf(file, sizeof file, "%s%s%s", directory, *directory ? "/" : "", name) >= sizeof file)
			continue;
		int fd = open_library(file);
		if (fd >= 0) {
			*path = strdup(file);
			if (*path) return fd;
			close(fd);
			errno = ENOMEM;
			return -1;
		}
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != ENAMETOOLONG) return -1;
	}
	errno = ENOENT;
	return -1;
}

int __dl_search(const char *name, const struct dl *needed_by, char **path)
{
	if (strchr(name, '/')) {
		int fd = open_library(name);
		if (fd < 0) return -1;
		*path = strdup(name);
		if (*path) return fd;
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	const char *directories = libc.secure ? 0 : getenv("LD_LIBRARY_PATH");
	int fd = -1;
	errno = ENOENT;
	if (directories && *directories) fd = search(directories, name, 0, path);
	for (const struct dl *d = needed_by; fd < 0 && errno == ENOENT && d; d = d->needed_by)
		if (d->runpath) fd = search(d->runpath, name, d, path);
	if (fd < 0 && errno == ENOENT) fd = search("/usr/local/lib:/usr/lib", name, 0, path);
	return fd;
}
