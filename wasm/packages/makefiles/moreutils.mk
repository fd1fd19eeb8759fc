# moreutils: upstream's makefile makes the manual too, with tools that a fresh machine does not have.

PROGRAMS = errno ifne lckdo mispipe pee sponge

all: $(PROGRAMS:=.wasm) isutf8.wasm

$(PROGRAMS:=.wasm): %.wasm: %.o
	$(CC) -o $@ $^

isutf8.wasm: is_utf8/main.o is_utf8/is_utf8.o
	$(CC) -o $@ $^

%.o: %.c errnos.h
	$(CC) $(CFLAGS) -c $< -o $@

# A line of C for each error number.
errnos.h:
	echo '#include <errno.h>' >dump.c
	$(CC) -E -dD dump.c | awk '/^#define E/ { printf "{\"%s\",%s},\n", $$2, $$2 }' >$@
