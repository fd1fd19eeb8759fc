# bc and dc. bc's library of mathematical functions is compiled by a bc of the machine that builds; upstream's
# makefile would run the one for the guest.

BC = main bc scan execute load storage util warranty
DC = dc array eval misc numeric stack string
DEFINES = -DHAVE_STDLIB_H=1 -DHAVE_STRING_H=1 -DHAVE_UNISTD_H=1 -DHAVE_LIMITS_H=1 -DHAVE_STDARG_H=1 -DHAVE_STDDEF_H=1 \
	-DHAVE_ERRNO_H=1 -DHAVE_SYS_STAT_H=1 -DHAVE_FSTAT=1 -DHAVE_ISGRAPH=1 -DHAVE_SETVBUF=1 -DHAVE_STRTOL=1 \
	-DHAVE_VPRINTF=1 -DSTDC_HEADERS=1 -DPACKAGE='"bc"' -DVERSION='"1.07.1"' -DDC_VERSION='"1.4.1"' \
	-DBC_COPYRIGHT='"Copyright 1991-1994, 1997, 1998, 2000, 2004, 2006, 2008, 2012-2017 Free Software Foundation, Inc."' \
	-DDC_COPYRIGHT='"Copyright 1994, 1997, 1998, 2000, 2001, 2003-2006, 2008, 2010, 2012-2017 Free Software Foundation, Inc."' \
	-I. -Ih -Ibc -Idc -w

all: bc.wasm dc.wasm

bc.wasm: $(addprefix bc/,$(addsuffix .o,$(BC) global)) lib/number.o lib/getopt.o lib/getopt1.o
	$(CC) -o $@ $^

dc.wasm: $(addprefix dc/,$(addsuffix .o,$(DC))) lib/number.o lib/getopt.o lib/getopt1.o
	$(CC) -o $@ $^

%.o: %.c config.h
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@

bc/global.o: bc/libmath.h

# The functions as bc's bytecode, one string a line.
bc/libmath.h: native-bc bc/libmath.b
	./native-bc -c bc/libmath.b </dev/null >libmath.lines
	sed '$$d' libmath.lines | sed -e 's/$$/",/' -e 's/^/"/' -e '1s/^/{/' -e '$$s/,$$/,0}/' >$@

# Begins without the functions it is going to compile.
native-bc: config.h
	mkdir -p native
	echo '{0}' >native/libmath.h
	gcc -O1 $(DEFINES) -Inative -o $@ $(addprefix bc/,$(addsuffix .c,$(BC) global)) lib/number.c lib/getopt.c lib/getopt1.c

config.h:
	touch $@
