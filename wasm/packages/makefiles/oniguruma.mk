# oniguruma as a static library for jq: Debian's archive has no configure, and wasm has no surprises for it.

DEFINES = -DHAVE_ALLOCA=1 -DHAVE_ALLOCA_H=1 -DHAVE_STDINT_H=1 -DHAVE_INTTYPES_H=1 -DHAVE_STDLIB_H=1 \
	-DHAVE_SYS_TYPES_H=1 -DHAVE_UNISTD_H=1 -DSIZEOF_INT=4 -DSIZEOF_LONG=4 -DSIZEOF_LONG_LONG=8 -DSIZEOF_VOIDP=4 \
	-DSTDC_HEADERS=1

# The engine, and the encodings that jq names.
OBJECTS = $(addprefix src/,$(addsuffix .o,regcomp regenc regerror regexec regext regparse regsyntax regtrav \
	regversion st onig_init unicode unicode_unfold_key unicode_fold1_key unicode_fold2_key unicode_fold3_key \
	ascii utf8))

libonig.a: $(OBJECTS)
	$(AR) rcsD $@ $^

%.o: %.c src/config.h
	$(CC) $(CFLAGS) $(DEFINES) -Isrc -c $< -o $@

# Included whatever; what it would say is in DEFINES.
src/config.h:
	touch $@
