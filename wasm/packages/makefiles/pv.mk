# pv: its makefile links parts of programs with ld.

VERSION = 1.6.20
# Of what configure asks for, musl has all but stat64 (it needs none) and the guest all but shared memory and splice.
HAVE = GETOPT GETOPT_H GETOPT_LONG LIMITS_H SYS_PARAM_H LIBGEN_H MEMCPY BASENAME SNPRINTF LOCALE_H

OBJECTS = $(patsubst %.c,%.o,$(wildcard src/main/*.c src/pv/*.c))

all: pv pv.1

pv: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c src/include/config.h
	$(CC) $(CFLAGS) -DHAVE_CONFIG_H -Isrc/include -Isrc/library -c $< -o $@

src/include/config.h: autoconf/header.in
	sed -e 's/"progname"/"pv"/' -e 's/\(PACKAGE\t*\)""/\1"pv"/' -e 's/"0\.0\.0"/"$(VERSION)"/' \
		$(foreach name,$(HAVE),-e 's/^#undef HAVE_$(name)$$/#define HAVE_$(name) 1/') $< >$@

pv.1: doc/quickref.1.in
	sed -e 's/@PACKAGE@/pv/g' -e 's/@UCPACKAGE@/PV/g' -e 's/@VERSION@/$(VERSION)/g' $< >$@
