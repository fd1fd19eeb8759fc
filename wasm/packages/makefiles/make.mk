# GNU make: Debian's archive has neither configure nor manual; what configure would find out on musl is below.

DEFINES = -D_GNU_SOURCE -DPACKAGE='"make"' -DVERSION='"4.3"' -DPACKAGE_TARNAME='"make"' -DMAKE_HOST='"wasm32-unknown-linux-musl"' \
	-DLIBDIR='"/usr/lib"' -DINCLUDEDIR='"/usr/include"' -DLOCALEDIR='"/usr/share/locale"' -DPATH_SEPARATOR_CHAR="':'" \
	-DSCCS_GET='"get"' -DMAKE_JOBSERVER=1 -DMAKE_SYMLINKS=1 -DUSE_POSIX_SPAWN=1 -DFILE_TIMESTAMP_HI_RES=1 \
	-DST_MTIM_NSEC=st_mtim.tv_nsec -DTIME_WITH_SYS_TIME=1 -DRETSIGTYPE=void $(addprefix -DHAVE_,$(addsuffix =1,$(HAVE))) \
	-DHAVE_DECL_GETDTABLESIZE=1 -DHAVE_DECL_SYS_SIGLIST=0 -DHAVE_DECL__SYS_SIGLIST=0 -DHAVE_DECL___SYS_SIGLIST=0 \
	-DHAVE_DECL_BSD_SIGNAL=1 -Dxalloc_die=out_of_memory -Isrc -Ilib -w

HAVE = ALLOCA ALLOCA_H ATEXIT CLOCK_GETTIME DIRENT_H DUP DUP2 FCNTL_H FDOPEN FORK GETCWD GETGROUPS GETRLIMIT \
	GETTIMEOFDAY INTTYPES_H ISATTY LIMITS_H LOCALE_H LSTAT MEMORY_H MEMRCHR MKSTEMP MKTEMP PIPE POSIX_SPAWN \
	POSIX_SPAWNATTR_SETSIGMASK PSELECT READLINK REALPATH SA_RESTART SETEGID SETEUID SETLINEBUF SETREGID SETREUID \
	SETRLIMIT SETVBUF SIGACTION SPAWN_H STDINT_H STDLIB_H STPCPY STRCASECMP STRCOLL STRDUP STRINGS_H STRING_H \
	STRNCASECMP STRNDUP STRSIGNAL STRUCT_DIRENT_D_TYPE SYMLINK SYS_FILE_H SYS_PARAM_H SYS_RESOURCE_H SYS_SELECT_H \
	SYS_STAT_H SYS_TIME_H SYS_TYPES_H SYS_WAIT_H TTYNAME UINTMAX_T UMASK UNISTD_H VFORK WAIT3 WAITPID WCHAR_H

# make's own glob: it reads directories through make, which may know files that are going to be there.
OBJECTS = $(addprefix src/,$(addsuffix .o,ar arscan commands default dir expand file function getopt getopt1 guile hash \
	implicit job load loadapi main misc output posixos read remake remote-stub rule signame strcache variable \
	version vpath)) \
	$(addprefix lib/,$(addsuffix .o,concat-filename findprog-in fnmatch getloadavg glob xconcat-filename))

make: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c src/config.h lib/fnmatch.h lib/glob.h
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@

lib/fnmatch.h lib/glob.h: %.h: %.in.h
	cp $< $@

# What gnulib's headers expect of it; the rest of what it would say is in DEFINES.
src/config.h:
	for name in INLINE_HEADER_BEGIN INLINE_HEADER_END 'INLINE static inline' ATTRIBUTE_MALLOC 'ATTRIBUTE_ALLOC_SIZE(x)' \
		ATTRIBUTE_PURE; do echo "#define _GL_$$name"; done >$@
