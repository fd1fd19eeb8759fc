/* An archive member of its own: linked where the program's main takes arguments. */
#include "tabux.h"

int __main_argc_argv(int, char **);

int __main_void(void)
{
	return __main_argc_argv(__tabux_argc, __tabux_argv);
}
