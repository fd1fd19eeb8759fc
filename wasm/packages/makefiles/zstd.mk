# zstd as upstream builds it; its makefile asks the machine that builds what it has.

LIBRARY = $(wildcard lib/common/*.c lib/compress/*.c lib/decompress/*.c lib/dictBuilder/*.c lib/legacy/*.c)
PROGRAM = $(wildcard programs/*.c)
# Old formats from version 0.5 on, upstream's default.
DEFINES = -DZSTD_MULTITHREAD -DZSTDCLI_NBTHREADS_DEFAULT=0 -DZSTD_LEGACY_SUPPORT=5 -DXXH_NAMESPACE=ZSTD_ -DDEBUGLEVEL=0 -DBACKTRACE_ENABLE=0 \
	-Ilib -Ilib/common -Ilib/legacy -Iprograms

all: zstd libzstd.a

zstd: $(LIBRARY:.c=.o) $(PROGRAM:.c=.o)
	$(CC) -o $@ $^

libzstd.a: $(LIBRARY:.c=.o)
	$(AR) rcs $@ $^

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@
