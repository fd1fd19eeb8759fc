/* What stdbuf(1) has asked for in the environment: there it is obeyed by a library that is loaded first. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tabux.h"

/* The streams that the program has (musl's own names, for the same reason: others are not linked for this). */
static FILE *volatile none = 0;
extern FILE *volatile __stdin_used __attribute__((__weak__, __alias__("none")));
extern FILE *volatile __stdout_used __attribute__((__weak__, __alias__("none")));
extern FILE *volatile __stderr_used __attribute__((__weak__, __alias__("none")));

/* `mode` is 0, L, or the size of a buffer in bytes; what is none of these is passed over. */
static void buffer(FILE *stream, const char *mode)
{
	char *end, *memory;

	if (!stream) return;
	if (!strcmp(mode, "0")) setvbuf(stream, 0, _IONBF, 0);
	else if (!strcmp(mode, "L")) setvbuf(stream, 0, _IOLBF, 0);
	else {
		unsigned long size = strtoul(mode, &end, 10);
		if (!size || *end || size > INT32_MAX || !(memory = malloc(size))) return;
		setvbuf(stream, memory, _IOFBF, size);
	}
}

hidden void __tabux_buffering(char **environment)
{
	static const char prefix[] = "_STDBUF_";

	for (; *environment; environment++) {
		if (strncmp(*environment, prefix, sizeof prefix - 1)) continue;
		const char *what = *environment + sizeof prefix - 1;
		if (!*what || what[1] != '=') continue;
		if (*what == 'I') buffer(__stdin_used, what + 2);
		else if (*what == 'O') buffer(__stdout_used, what + 2);
		else if (*what == 'E') buffer(__stderr_used, what + 2);
	}
}
