# unzip, with the options of Debian's (but for IZ_HAVE_UXUIDGID, which upstream does not compile with).

DEFINES = -I. -DUNIX -DACORN_FTYPE_NFS -DWILD_STOP_AT_DIR -DLARGE_FILE_SUPPORT -DUNICODE_SUPPORT -DUNICODE_WCHAR \
	-DUTF8_MAYBE_NATIVE -DNO_LCHMOD -DDATE_FORMAT=DF_YMD -DUSE_BZIP2 -DNOMEMCPY \
	-DNO_WORKING_ISPRINT -w

UNZIP = unzip.o crc32.o crypt.o envargs.o explode.o extract.o fileio.o globals.o inflate.o list.o match.o process.o \
	ttyio.o ubz2err.o unreduce.o unshrink.o zipinfo.o unix/unix.o
FUNZIP = funzip.o crc32.o crypt_f.o globals_f.o inflate_f.o ttyio_f.o

all: unzip.wasm funzip.wasm

unzip.wasm: $(UNZIP)
	$(CC) $(LDFLAGS) -o $@ $^ -lbz2

funzip.wasm: $(FUNZIP)
	$(CC) -o $@ $^

%_f.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) $(CPPFLAGS) -DFUNZIP -c $< -o $@

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) $(CPPFLAGS) -c $< -o $@
