/* error(3): the GNU C library's, which names a program by the whole of its argv[0]. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*error_print_progname)(void);
unsigned int error_message_count;
int error_one_per_line;

static void begin(const char *after)
{
	fflush(stdout);
	if (error_print_progname) error_print_progname();
	else fprintf(stderr, "%s:%s", program_invocation_name, after);
}

static void end(int status, int number, const char *format, va_list arguments)
{
	vfprintf(stderr, format, arguments);
	error_message_count++;
	if (number) fprintf(stderr, ": %s", strerror(number));
	putc('\n', stderr);
	fflush(stderr);
	if (status) exit(status);
}

void error(int status, int number, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	begin(" ");
	end(status, number, format, arguments);
	va_end(arguments);
}

void error_at_line(int status, int number, const char *file, unsigned int line, const char *format, ...)
{
	static const char *last_file;
	static unsigned int last_line;
	va_list arguments;
	if (error_one_per_line) {
		if (line == last_line && file && last_file && !strcmp(file, last_file)) return;
		last_file = file;
		last_line = line;
	}
	va_start(arguments, format);
	begin("");
	if (file) fprintf(stderr, "%s:%u: ", file, line);
	else putc(' ', stderr);
	end(status, number, format, arguments);
	va_end(arguments);
}
