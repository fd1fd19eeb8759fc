# mandoc: its configure runs what it compiles, so it is told what it would find with musl. The second mandoc, for the
# machine that builds, writes the index of the manual (wasm/builder/manual.py).

define LOCAL
PREFIX=/usr
MANPATH_DEFAULT=/usr/local/share/man:/usr/share/man
MANPATH_BASE=/usr/share/man
OSENUM=MANDOC_OS_OTHER
UTF8_LOCALE=C.UTF-8
BINM_PAGER=less
NEED_GNU_SOURCE=1
HAVE_WFLAG=1 STATIC=none
HAVE_ATTRIBUTE=1 HAVE_CMSG=1 HAVE_ENDIAN=1 HAVE_ERR=1 HAVE_GETLINE=1 HAVE_GETSUBOPT=1 HAVE_ISBLANK=1 HAVE_LESS_T=1
HAVE_MKDTEMP=1 HAVE_MKSTEMPS=1 HAVE_NANOSLEEP=1 HAVE_NTOHL=1 HAVE_O_DIRECTORY=1 HAVE_PATH_MAX=1 HAVE_REALLOCARRAY=1
HAVE_RECVMSG=1 HAVE_REWB_SYSV=1 HAVE_STRCASESTR=1 HAVE_STRLCAT=1 HAVE_STRLCPY=1 HAVE_STRNDUP=1 HAVE_STRPTIME=1
HAVE_STRSEP=1 HAVE_VASPRINTF=1 HAVE_WCHAR=1
HAVE_DIRENT_NAMLEN=0 HAVE_EFTYPE=0 HAVE_FTS=0 HAVE_FTS_COMPARE_CONST=0 HAVE_OHASH=0 HAVE_PLEDGE=0 HAVE_PROGNAME=0
HAVE_RECALLOCARRAY=0 HAVE_REWB_BSD=0 HAVE_SANDBOX_INIT=0 HAVE_STRINGLIST=0 HAVE_STRTONUM=0 HAVE_SYS_ENDIAN=0
endef
export LOCAL

# The index is written from pages that are not compressed: the second mandoc needs no zlib.
define ZLIB
typedef int *gzFile;
#define Z_OK 0
#define Z_ERRNO (-1)
#define gzdopen(file, mode) ((gzFile)0)
#define gzread(file, buffer, size) (-1)
#define gzerror(file, number) ""
#define gzclose(file) 0
#define zError(number) ""
endef
export ZLIB

ALONE = env -u MAKEFLAGS -u MFLAGS -u CPPFLAGS -u LDFLAGS

all: native/mandoc configured
	$(MAKE) -f Makefile mandoc

configured: native
	echo "$$LOCAL" >configure.local
	./configure
	touch $@

native:
	mkdir native
	cp *.[ch] *.in Makefile* configure native
	echo "$$ZLIB" >native/zlib.h

native/mandoc: native
	cd native && echo 'CC=gcc CFLAGS="-O1 -w -I."' >configure.local && $(ALONE) ./configure
	$(ALONE) $(MAKE) -C native LDADD= mandoc
