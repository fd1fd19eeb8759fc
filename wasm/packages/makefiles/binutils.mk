# strings with as much of libbfd as it needs: the sections of wasm modules for -d, no other format of programs.

BFD = $(addprefix bfd/,$(addsuffix .o,archive archive64 archures bfd bfdio bfdwin binary cache coff-bfd compress corefile \
	cpu-wasm32 elf-properties format hash ihex init libbfd linker merge opncls reloc section simple srec stab-syms \
	stabs syms targets tekhex verilog wasm-module))
IBERTY = $(addprefix libiberty/,$(addsuffix .o,argv bsearch_r concat cp-demangle cplus-dem d-demangle filename_cmp getpwd \
	hashtab hex lbasename lrealpath make-relative-prefix make-temp-file objalloc obstack rust-demangle safe-ctype \
	unlink-if-ordinary xexit xmalloc xmemdup xstrdup xstrerror))
ZLIB = $(addprefix zlib/,$(addsuffix .o,adler32 compress crc32 deflate inffast inflate inftrees trees uncompr zutil))
OBJECTS = $(addprefix binutils/,$(addsuffix .o,bucomm filemode strings version)) $(BFD) $(IBERTY) $(ZLIB)

DEFINES = -D_GNU_SOURCE -DHAVE_CONFIG_H -DPACKAGE_VERSION='"2.40"' -DVERSION='"2.40"' \
	-DTARGET='"wasm"' -DDEFAULT_VECTOR=wasm_vec -DSELECT_VECS='&wasm_vec' \
	-DSELECT_ARCHITECTURES='&bfd_wasm32_arch' -DHAVE_wasm_vec -DBINDIR='"/usr/bin"' -DLIBDIR='"/usr/lib"' -DBFD64 \
	-DDEFAULT_STRINGS_ALL=1 -DSTDC_HEADERS=1 -DSIZEOF_INT=4 -DSIZEOF_LONG=4 -DSIZEOF_LONG_LONG=8 \
	-DUNSIGNED_64BIT_TYPE=uint64_t $(addprefix -DHAVE_,$(HAVE)) $(addprefix -DHAVE_DECL_,$(DECLARED)) \
	-Iconfigured -Ibfd -Ibinutils -Iinclude -Izlib -w
HAVE = ACCESS ALLOCA_H DIRENT_H ERRNO_H FCNTL FCNTL_H FDOPEN FILENO FSEEKO FTELLO GETCWD GETGID GETPAGESIZE GETRLIMIT \
	GETUID INTTYPES_H LC_MESSAGES LIMITS_H LOCALE_H LONG_LONG MALLOC_H MKSTEMPS MMAP REALPATH SBRK SETLOCALE \
	STDARG_H STDINT_H STDLIB_H STRERROR STRINGS_H STRING_H STRUCT_STAT_ST_MTIM_TV_NSEC SYS_FILE_H SYS_PARAM_H \
	SYS_RESOURCE_H SYS_STAT_H SYS_TIME_H SYS_TYPES_H UNISTD_H WCHAR_H
DECLARED = ASPRINTF BASENAME=1 CALLOC ENVIRON FFS FOPEN64=0 FPRINTF FREE FSEEKO FSEEKO64=0 FTELLO FTELLO64=0 \
	GETC_UNLOCKED GETENV GETOPT MALLOC REALLOC SBRK SNPRINTF STPCPY STRNLEN STRSTR STRTOL STRTOLL STRTOUL STRTOULL \
	STRVERSCMP VASPRINTF VSNPRINTF

strings: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c configured/bfd.h
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@

# The headers that configure would make.
configured/bfd.h:
	mkdir configured
	echo '#define PACKAGE "binutils"' >configured/config.h
	echo '#include <stdint.h>' >configured/bfd_stdint.h
	touch configured/targmatch.h
	sed -e 's/@bfd_version@/240000000/' -e 's/@bfd_version_string@/"2.40"/' \
		-e 's/@bfd_version_package@/"(GNU Binutils) "/' -e 's/@report_bugs_to@/""/' bfd/version.h >configured/bfdver.h
	sed -e 's/@wordsize@/64/' -e 's/@bfd_default_target_size@/32/' -e 's/@bfd_file_ptr@/int64_t/' \
		-e 's/@bfd_ufile_ptr@/uint64_t/' -e 's/@supports_plugins@/0/' bfd/bfd-in2.h >$@
