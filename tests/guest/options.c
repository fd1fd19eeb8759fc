/* Prints what getopt makes of its arguments: options MODE SHORTS [ARGUMENT…], MODE s (getopt), l (long), o (only).
 * Built with the GNU C library it is what ours is compared with. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static int flag;
	static const struct option longs[] = {
		{"all", no_argument, 0, 'a'},
		{"file", required_argument, 0, 'f'},
		{"filter", required_argument, 0, 300},
		{"color", optional_argument, 0, 'c'},
		{"verbose", no_argument, &flag, 7},
		{"version", no_argument, 0, 'V'},
		{"same", no_argument, 0, 's'},
		{"sames", no_argument, 0, 's'},
		{0, 0, 0, 0},
	};
	char mode = argv[1][0];
	const char *shorts = argv[2];
	argv[2] = "options";
	argv += 2;
	argc -= 2;
	setvbuf(stdout, 0, _IONBF, 0);
	dup2(1, 2);
	for (;;) {
		int index = -1;
		int c = mode == 's' ? getopt(argc, argv, shorts)
			: mode == 'l' ? getopt_long(argc, argv, shorts, longs, &index)
			: getopt_long_only(argc, argv, shorts, longs, &index);
		if (c == -1) break;
		printf("%d '%c' index %d argument %s optind %d", c, c > 31 && c < 127 ? c : ' ', index, optarg ? optarg : "-", optind);
		if (c == '?' || c == ':') printf(" optopt %d", optopt);
		printf(" flag %d\n", flag);
	}
	printf("optind %d:", optind);
	for (int i = 1; i < argc; i++) printf(" <%s>", argv[i]);
	printf("\n");
	return 0;
}
