# gawk, and gawk with all that extensions may need of libc: the same objects. Upstream's makefiles make the program;
# the extensions would be made by libtool, whose tests take longer than all of this.

EXTENSIONS = filefuncs fnmatch fork inplace intdiv ordchr readdir readfile revoutput revtwoway rwarray time

# What extension/configure would find.
FOUND = -DHAVE_DIRENT_H -DHAVE_FDOPENDIR -DHAVE_FMOD -DHAVE_FNMATCH -DHAVE_FNMATCH_H -DHAVE_GETDTABLESIZE \
	-DHAVE_GETTIMEOFDAY -DHAVE_LIMITS_H -DHAVE_NANOSLEEP -DHAVE_STATVFS -DHAVE_STRUCT_STAT_ST_BLKSIZE \
	-DHAVE_SYS_PARAM_H -DHAVE_SYS_SELECT_H -DHAVE_SYS_STATVFS_H -DHAVE_SYS_SYSMACROS_H=1 \
	-DHAVE_SYS_TIME_H -DHAVE_TIME_H

all: programs $(EXTENSIONS:%=%.so)

programs:
	$(MAKE) -f Makefile -C support
	$(MAKE) -f Makefile gawk GAWKLIBEXT=so LINK='$(CC) $(LDFLAGS) -o gawk-extensible'
	$(MAKE) -f Makefile gawk GAWKLIBEXT=so

%.so: programs
	$(CC) $(CFLAGS) -fvisibility=default -shared $(FOUND) -DHAVE_CONFIG_H -I. -Iextension extension/$*.c \
		$(if $(filter filefuncs,$*),extension/stack.c extension/gawkfts.c) -o $@
