# zlib as a static library: its own configure takes none of the options that all others do.

OBJECTS = $(addsuffix .o,adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees \
	trees uncompr zutil)

libz.a: $(OBJECTS)
	$(AR) rcsD $@ $^

%.o: %.c
	$(CC) $(CFLAGS) -c $< -o $@
