# zip: what its configure finds out on Debian is below.

DEFINES = -I. -DUNIX -DBZIP2_SUPPORT -DUIDGID_NOT_16BIT -DLARGE_FILE_SUPPORT -DUNICODE_SUPPORT -DHAVE_DIRENT_H \
	-DHAVE_TERMIOS_H -w

ZIP = zip.o zipfile.o zipup.o fileio.o util.o globals.o crypt.o ttyio.o unix/unix.o crc32.o zbz2err.o deflate.o trees.o
# The small programs have parts of the same sources.
UTIL = zipfile_.o fileio_.o util_.o globals.o unix/unix_.o crc32_.o

all: zip.wasm zipcloak.wasm zipnote.wasm zipsplit.wasm

zip.wasm: $(ZIP)
	$(CC) $(LDFLAGS) -o $@ $^ -lbz2

zipcloak.wasm: zipcloak.o crypt_.o ttyio.o $(UTIL)
	$(CC) -o $@ $^

zipnote.wasm zipsplit.wasm: %.wasm: %.o $(UTIL)
	$(CC) -o $@ $^

%_.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) $(CPPFLAGS) -DUTIL -c $< -o $@

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) $(CPPFLAGS) -c $< -o $@
