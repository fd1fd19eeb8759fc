/* Limits of files: the same for all, but there has to be a file. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tabux.h"

long fpathconf(int fd, int name)
{
	return fcntl(fd, F_GETFD) < 0 ? -1 : __tabux_file_limit(name);
}

long pathconf(const char *path, int name)
{
	struct stat st;

	return stat(path, &st) ? -1 : __tabux_file_limit(name);
}
