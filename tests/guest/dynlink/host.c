/* What is done with shared libraries, word by word: host open ./one.so call add 2 close. Each word that asks something
 * prints a line. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 16

int host_number = 40;
static void *handles[MOST];
static int count;
static jmp_buf place;

int host_twice(int x)
{
	return 2 * x;
}

/* For libraries: calls one of their functions from here. */
int host_apply(int (*function)(int), int x)
{
	return function(x);
}

void host_jump(void)
{
	longjmp(place, 7);
}

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : 0;
	return slash ? slash + 1 : path ? path : "(none)";
}

static void *find(const char *name)
{
	void *symbol = dlsym(count ? handles[count - 1] : RTLD_DEFAULT, name);
	if (!symbol) puts(dlerror());
	return symbol;
}

static void open_one(const char *name, int mode)
{
	void *handle = dlopen(name, mode);
	if (handle) handles[count++] = handle;
	puts(handle ? "open" : dlerror());
}

static void say_address(const char *what, void *address)
{
	Dl_info info;
	if (!address) return;
	if (!dladdr(address, &info)) puts("nowhere");
	else printf("%s in %s, %s\n", what, file_name(info.dli_fname), info.dli_sname ? info.dli_sname : "(none)");
}

static void in_a_child(void)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0) printf("fork: %s\n", strerror(errno));
	if (pid) {
		int status;
		if (pid > 0) waitpid(pid, &status, 0), printf("child: %d\n", status);
	} else {
		printf("in the child\n");
	}
	/* both go on; the child ends with the words of the parent */
}

int main(int argc, char **argv)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (!strcmp(word, "open")) open_one(argv[++i], RTLD_NOW);
		else if (!strcmp(word, "lazy")) open_one(argv[++i], RTLD_LAZY);
		else if (!strcmp(word, "global")) open_one(argv[++i], RTLD_NOW | RTLD_GLOBAL);
		else if (!strcmp(word, "noload")) open_one(argv[++i], RTLD_NOW | RTLD_NOLOAD);
		else if (!strcmp(word, "nodelete")) open_one(argv[++i], RTLD_NOW | RTLD_NODELETE);
		else if (!strcmp(word, "badmode")) open_one(argv[++i], 0);
		else if (!strcmp(word, "self")) open_one(0, RTLD_NOW);
		else if (!strcmp(word, "close")) puts(dlclose(handles[--count]) ? dlerror() : "closed");
		else if (!strcmp(word, "again")) puts(dlclose(handles[count]) ? dlerror() : "closed");
		else if (!strcmp(word, "call")) {
			int (*function)(int) = find(argv[++i]);
			int x = atoi(argv[++i]);
			if (function) printf("%d\n", function(x));
		} else if (!strcmp(word, "get")) {
			int *data = find(argv[++i]);
			if (data) printf("%d\n", *data);
		} else if (!strcmp(word, "text")) {
			const char *(*function)(void) = find(argv[++i]);
			if (function) puts(function());
		} else if (!strcmp(word, "same")) {
			void *a = find(argv[++i]), *(*function)(void) = find(argv[++i]);
			if (function) puts(a == function() ? "same" : "different");
		} else if (!strcmp(word, "default") || !strcmp(word, "next")) {
			void *symbol = dlsym(*word == 'd' ? RTLD_DEFAULT : RTLD_NEXT, argv[++i]);
			puts(symbol ? "found" : dlerror());
		} else if (!strcmp(word, "address")) {
			const char *name = argv[++i];
			say_address(name, find(name));
		} else if (!strcmp(word, "stack")) {
			int local;
			say_address("a local", &local);
		} else if (!strcmp(word, "setjmp")) {
			int r = setjmp(place);
			if (!r) find("jump") ? ((int (*)(int))find("jump"))(0) : 0;
			else printf("jumped: %d\n", r);
		} else if (!strcmp(word, "child")) in_a_child();
		else if (!strcmp(word, "exec")) execl("/usr/bin/echo", "echo", "replaced", (char *)0);
		else if (!strcmp(word, "spawn")) puts(system("echo spawned") ? "failed" : "fine");
		else if (!strcmp(word, "error")) { char *e = dlerror(); puts(e ? e : "(none)"); }
		else return 2;
	}
	return 0;
}
