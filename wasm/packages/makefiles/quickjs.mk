# quickjs. It is told of less stack than there is (1 MiB), for it looks only now and then how much is left.

SOURCES = quickjs.c dtoa.c libregexp.c libunicode.c cutils.c quickjs-libc.c
DEFINES = -D_GNU_SOURCE -DCONFIG_VERSION='"2025-04-26"' -DJS_DEFAULT_STACK_SIZE='(256 * 1024)' \
	-fwrapv -w

qjs: qjs.o repl.o $(SOURCES:.c=.o)
	$(CC) -o $@ $^ -lm

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) $(DEFINES_$*) -c $< -o $@

# The child of os.exec does nothing but to prepare and execute a program, so vfork will do.
DEFINES_quickjs-libc = -Dfork=vfork

# The interactive shell is a script; a compiler of the machine that builds makes it bytecode.
repl.c: native-qjsc repl.js
	./native-qjsc -s -c -o $@ -m repl.js

native-qjsc: qjsc.c $(SOURCES)
	gcc -O1 $(DEFINES) -DCONFIG_CC='""' -DCONFIG_PREFIX='"/usr"' -o $@ $^ -lm -ldl -lpthread
