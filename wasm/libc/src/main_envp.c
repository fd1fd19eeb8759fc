/* clang names main(int, char **) __main_argc_argv, but leaves a main of three parameters `main`.
 * An archive member of its own, linked for those: without it the linker drops main silently. */
extern char **__environ;
extern int three_argument_main(int, char **, char **) __asm__("main");

int __main_argc_argv(int argc, char **argv)
{
	return three_argument_main(argc, argv, __environ);
}
