# file, and its database, which a file of the machine that builds compiles. Upstream's makefiles would need the same
# version of file installed there, and configure to say what is below.

VERSION = 5.44
# Where Debian's looks, but for .magic in the home directory, which comes first.
MAGIC = /etc/magic:/usr/share/misc/magic
DEFINES = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DMAGIC='"$(MAGIC)"' -DBUILTIN_ELF=1 -DELFCORE=1 \
	-DHAVE_ASCTIME_R=1 -DHAVE_ASPRINTF=1 -DHAVE_BYTESWAP_H=1 -DHAVE_CTIME_R=1 -DHAVE_DPRINTF=1 -DHAVE_ERR_H=1 \
	-DHAVE_FORK=1 -DHAVE_FREELOCALE=1 -DHAVE_GETLINE=1 -DHAVE_GETOPT_H=1 -DHAVE_GETOPT_LONG=1 -DHAVE_GMTIME_R=1 \
	-DHAVE_INTTYPES_H=1 -DHAVE_LOCALTIME_R=1 -DHAVE_MBRTOWC=1 -DHAVE_MEMMEM=1 -DHAVE_MKSTEMP=1 -DHAVE_NEWLOCALE=1 \
	-DHAVE_PIPE2=1 -DHAVE_POSIX_SPAWNP=1 -DHAVE_PREAD=1 -DHAVE_SPAWN_H=1 -DHAVE_STDINT_H=1 -DHAVE_STRCASESTR=1 \
	-DHAVE_STRNDUP=1 -DHAVE_STRTOF=1 -DHAVE_STRUCT_OPTION=1 -DHAVE_STRUCT_STAT_ST_RDEV=1 \
	-DHAVE_STRUCT_TM_TM_GMTOFF=1 -DHAVE_STRUCT_TM_TM_ZONE=1 -DHAVE_SYS_IOCTL_H=1 -DHAVE_SYS_MMAN_H=1 \
	-DHAVE_SYS_SYSMACROS_H=1 -DHAVE_SYS_TIME_H=1 -DHAVE_SYS_WAIT_H=1 -DHAVE_UNISTD_H=1 -DHAVE_USELOCALE=1 \
	-DHAVE_UTIMES=1 -DHAVE_UTIME_H=1 -DHAVE_VASPRINTF=1 -DHAVE_VISIBILITY=1 -DHAVE_WCHAR_H=1 -DHAVE_WCTYPE_H=1 \
	-DHAVE_WCWIDTH=1 -DMAJOR_IN_SYSMACROS=1
# What musl has and older glibcs have not, and the libraries for -z, as Debian has it: the database needs none.
GUEST = -DHAVE_STRLCAT=1 -DHAVE_STRLCPY=1 -DZLIBSUPPORT=1 -DHAVE_ZLIB_H=1 -DBZLIBSUPPORT=1 -DHAVE_BZLIB_H=1 \
	-DXZLIBSUPPORT=1 -DHAVE_LZMA_H=1

PARTS = apprentice apptype ascmagic buffer cdf cdf_time compress der encoding file fmtcheck fsmagic funcs is_csv \
	is_json is_tar magic print readcdf readelf softmagic

all: file magic.mgc file.1

file: $(PARTS:%=src/%.o)
	$(CC) $(LDFLAGS) -o $@ $^ -lz -lbz2 -llzma -lm

src/%.o: src/%.c src/magic.h
	$(CC) $(CFLAGS) $(CPPFLAGS) $(DEFINES) $(GUEST) -c $< -o $@

magic.mgc: native-file
	./native-file -C -m magic/Magdir
	mv Magdir.mgc $@

native-file: src/magic.h
	gcc -O1 -w $(DEFINES) -o $@ $(PARTS:%=src/%.c) src/strlcat.c src/strlcpy.c -lm

src/magic.h: src/magic.h.in
	sed 's/X.YY/$(subst .,,$(VERSION))/' $< >$@

file.1: doc/file.man
	sed -e 's/__CSECTION__/1/g' -e 's/__FSECTION__/5/g' -e 's/__VERSION__/$(VERSION)/g' -e 's,__MAGIC__,$(MAGIC),g' $< >$@
