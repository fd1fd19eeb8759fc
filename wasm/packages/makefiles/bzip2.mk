# bzip2: its own makefile runs what it has built.

all: bzip2 bzip2recover libbz2.a

bzip2: bzip2.o libbz2.a
	$(CC) -o $@ $^

bzip2recover: bzip2recover.o
	$(CC) -o $@ $^

libbz2.a: blocksort.o huffman.o crctable.o randtable.o compress.o decompress.o bzlib.o
	$(AR) rcsD $@ $^

%.o: %.c
	$(CC) $(CFLAGS) -c $< -o $@
