# lua for POSIX: without loading of shared objects. Modules are looked for where Debian's lua does.

DEFINES = -DLUA_COMPAT_5_3 -DLUA_USE_POSIX -DLUA_PATH_DEFAULT='"/usr/local/share/lua/5.4/?.lua;\
	/usr/local/share/lua/5.4/?/init.lua;/usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;\
	/usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua"'

LIBRARY = $(filter-out src/lua.o src/luac.o,$(patsubst %.c,%.o,$(wildcard src/*.c)))

all: lua luac

lua luac: %: src/%.o $(LIBRARY)
	$(CC) -o $@ $^ -lm

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@
