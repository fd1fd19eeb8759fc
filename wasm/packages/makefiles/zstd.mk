# zstd without threads; upstream's makefile asks the machine that builds what it has.

SOURCES = $(wildcard lib/common/*.c lib/compress/*.c lib/decompress/*.c lib/dictBuilder/*.c lib/legacy/*.c programs/*.c)
# Old formats from version 0.5 on, upstream's default.
DEFINES = -DZSTD_LEGACY_SUPPORT=5 -DXXH_NAMESPACE=ZSTD_ -DDEBUGLEVEL=0 -DBACKTRACE_ENABLE=0 \
	-Ilib -Ilib/common -Ilib/legacy -Iprograms

zstd: $(SOURCES:.c=.o)
	$(CC) -o $@ $^

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@
