/* getopt(3), getopt_long(3), getopt_long_only(3) as the GNU C library has them: options may stand after other
 * arguments, which are moved behind them, and the messages are the ones that people know. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *optarg;
int optind = 1, opterr = 1, optopt = '?';

/* Other names of musl's headers and of old programs for the wish to begin again (optind = 0). */
int __optreset;
weak_alias(__optreset, optreset);

static char *next;        /* the rest of a cluster of short options, or null */
static int first, last;   /* arguments that are no options and have been skipped: [first, last) */
static enum { PERMUTE, IN_ORDER, STOP } order;

/* Put what lies between the skipped arguments and here before them. */
static void exchange(char **argv)
{
	int moved = optind - last;
	for (int i = 0; i < moved; i++) {
		char *option = argv[last + i];
		memmove(argv + first + i + 1, argv + first + i, (last - first) * sizeof *argv);
		argv[first + i] = option;
	}
	first += moved;
	last = optind;
}

static const char *begin(const char *options)
{
	if (optind == 0) optind = 1;
	first = last = optind;
	next = 0;
	order = *options == '-' ? IN_ORDER : *options == '+' || getenv("POSIXLY_CORRECT") ? STOP : PERMUTE;
	return options;
}

static int is_option(const char *argument)
{
	return argument[0] == '-' && argument[1];
}

static int refuse(int quiet, const char *program, const char *format, const char *prefix, const char *name, int length)
{
	if (!quiet) {
		fprintf(stderr, "%s: ", program);
		fprintf(stderr, format, prefix, length, name);
		putc('\n', stderr);
	}
	return '?';
}

/* The option that a name means: itself, or the only one that it begins. Ambiguous: -2, none: -1. */
static int find(const struct option *options, const char *name, size_t length, int only)
{
	int found = -1, ambiguous = 0;
	for (int i = 0; options[i].name; i++) {
		const struct option *o = &options[i];
		if (strncmp(o->name, name, length)) continue;
		if (strlen(o->name) == length) return i;
		if (found < 0) found = i;
		else if (only || options[found].has_arg != o->has_arg || options[found].flag != o->flag
			|| options[found].val != o->val) ambiguous = 1;
	}
	return ambiguous ? -2 : found;
}

static void list(const char *program, const struct option *options, const char *prefix, const char *name, size_t length)
{
	fprintf(stderr, "%s: option '%s%s' is ambiguous; possibilities:", program, prefix, name);
	for (int i = 0; options[i].name; i++)
		if (!strncmp(options[i].name, name, length)) fprintf(stderr, " '%s%s'", prefix, options[i].name);
	putc('\n', stderr);
}

/* A long option that begins at `next`; -1 where it may still be a cluster of short ones. */
static int take_long(int argc, char **argv, const char *shorts, const struct option *options, int *index, int only,
	int quiet, const char *prefix)
{
	const char *name = next;
	size_t length = strcspn(name, "=");
	const char *program = argv[0];
	int found = find(options, name, length, only);
	if (found == -1) {
		if (only && argv[optind][1] != '-' && strchr(shorts, *name)) return -1;
		next = 0;
		optind++;
		optopt = 0;
		return refuse(quiet, program, "unrecognized option '%s%.*s'", prefix, name, (int)strlen(name));
	}
	next = 0;
	optind++;
	if (found == -2) {
		if (!quiet) list(program, options, prefix, name, length);
		optopt = 0;
		return '?';
	}
	const struct option *o = &options[found];
	int known = strlen(o->name);
	if (name[length]) {
		if (o->has_arg == no_argument) {
			optopt = o->val;
			return refuse(quiet, program, "option '%s%.*s' doesn't allow an argument", prefix, o->name, known);
		}
		optarg = (char *)name + length + 1;
	} else if (o->has_arg == required_argument) {
		if (optind >= argc) {
			optopt = o->val;
			refuse(quiet, program, "option '%s%.*s' requires an argument", prefix, o->name, known);
			return *shorts == ':' ? ':' : '?';
		}
		optarg = argv[optind++];
	}
	if (index) *index = found;
	if (!o->flag) return o->val;
	*o->flag = o->val;
	return 0;
}

static int take_short(int argc, char **argv, const char *shorts, const struct option *options, int *index, int quiet)
{
	char c = *next++;
	const char *known = strchr(shorts, c);
	const char *program = argv[0];
	if (!*next) optind++;
	if (!known || c == ':' || c == ';') {
		optopt = (unsigned char)c;
		return refuse(quiet, program, "invalid option -- '%s%.*s'", "", &c, 1);
	}
	if (known[0] == 'W' && known[1] == ';' && options) {
		if (!*next) {
			if (optind >= argc) {
				optopt = c;
				refuse(quiet, program, "option requires an argument -- '%s%.*s'", "", &c, 1);
				return *shorts == ':' ? ':' : '?';
			}
			next = argv[optind];
		}
		return take_long(argc, argv, shorts, options, index, 0, quiet, "-W ");
	}
	if (known[1] != ':') return (unsigned char)c;
	if (*next) {
		optarg = next;
		optind++;
	} else if (known[2] != ':') {
		if (optind >= argc) {
			optopt = (unsigned char)c;
			next = 0;
			refuse(quiet, program, "option requires an argument -- '%s%.*s'", "", &c, 1);
			return *shorts == ':' ? ':' : '?';
		}
		optarg = argv[optind++];
	}
	next = 0;
	return (unsigned char)c;
}

static int take(int argc, char **argv, const char *shorts, const struct option *options, int *index, int only)
{
	static int begun;
	if (argc < 1) return -1;
	optarg = 0;
	if (!begun || optind == 0 || __optreset) {
		begun = 1;
		__optreset = 0;
		begin(shorts);
	}
	if (*shorts == '-' || *shorts == '+') shorts++;
	int quiet = !opterr || *shorts == ':';
	if (!next || !*next) {
		/* who moves optind back has not skipped anything */
		if (last > optind) last = optind;
		if (first > optind) first = optind;
		if (order == PERMUTE) {
			if (first != last && last != optind) exchange(argv);
			else if (last != optind) first = optind;
			while (optind < argc && !is_option(argv[optind])) optind++;
			last = optind;
		}
		if (optind < argc && !strcmp(argv[optind], "--")) {
			optind++;
			if (first != last && last != optind) exchange(argv);
			else if (first == last) first = optind;
			last = optind = argc;
		}
		if (optind >= argc) {
			if (first != last) optind = first;
			return -1;
		}
		if (!is_option(argv[optind])) {
			if (order == STOP) return -1;
			optarg = argv[optind++];
			return 1;
		}
		next = argv[optind] + 1;
		if (options && *next == '-') {
			next++;
			return take_long(argc, argv, shorts, options, index, only, quiet, "--");
		}
		if (options && only && (next[1] || !strchr(shorts, *next))) {
			int result = take_long(argc, argv, shorts, options, index, 1, quiet, "-");
			if (result != -1) return result;
		}
	}
	return take_short(argc, argv, shorts, options, index, quiet);
}

int getopt(int argc, char *const argv[], const char *options)
{
	return take(argc, (char **)argv, options, 0, 0, 0);
}

int getopt_long(int argc, char *const argv[], const char *shorts, const struct option *longs, int *index)
{
	return take(argc, (char **)argv, shorts, longs, index, 0);
}

int getopt_long_only(int argc, char *const argv[], const char *shorts, const struct option *longs, int *index)
{
	return take(argc, (char **)argv, shorts, longs, index, 1);
}
