# libfyaml's fy-tool: configure's answers would be VERSION and what any Linux has, and the library is not shared.

DEFINES = -D_GNU_SOURCE -DNDEBUG -DVERSION='"$(shell sed -n "s,^PACKAGE_VERSION='\(.*\)',\1,p" configure)"' \
	-DHAVE_DECL_ENVIRON=1 -DHAVE_QSORT_R=1
INCLUDES = -Isrc -Iinclude -Isrc/lib -Isrc/xxhash -Isrc/valgrind

OBJECTS = $(patsubst %.c,%.o,$(wildcard src/lib/*.c)) src/xxhash/xxhash.o src/tool/fy-tool.o

fy-tool: $(OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $^ -lm

%.o: %.c src/config.h
	$(CC) $(CFLAGS) $(DEFINES) $(INCLUDES) -c $< -o $@

# Included whatever; what it would say is in DEFINES.
src/config.h:
	touch $@
