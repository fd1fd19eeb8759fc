# sqlite3: upstream's makefile makes the two big source files with programs of the machine that builds.

# As Debian has it, but for memory shared between processes; the command needs no threads.
OPTIONS = -DSQLITE_OMIT_WAL -DSQLITE_MAX_MMAP_SIZE=0 \
	-DSQLITE_SECURE_DELETE -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS \
	-DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS \
	-DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_STMTVTAB -DSQLITE_ENABLE_EXPLAIN_COMMENTS -DSQLITE_SOUNDEX \
	-DSQLITE_ENABLE_UNKNOWN_SQL_FUNCTION -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_USE_URI \
	-DSQLITE_MAX_VARIABLE_NUMBER=250000 -DSQLITE_HAVE_ISNAN=1 -DHAVE_USLEEP=1 -DHAVE_FDATASYNC=1 \
	-DHAVE_LOCALTIME_R=1 -DHAVE_GMTIME_R=1 -DHAVE_STRCHRNUL=1

all: sqlite3 libsqlite3.a

sqlite3: sqlite3.o shell.o
	$(CC) -o $@ $^ -lm

sqlite3.o shell.o: %.o: generated
	$(CC) $(CFLAGS) -DSQLITE_THREADSAFE=0 $(OPTIONS) -c $*.c -o $@

libsqlite3.a: generated
	$(CC) $(CFLAGS) -DSQLITE_THREADSAFE=1 $(OPTIONS) -c sqlite3.c -o library.o
	$(AR) rcs $@ library.o

generated:
	env -u MAKEFLAGS -u MFLAGS ./configure CC=gcc --disable-tcl --disable-readline
	env -u MAKEFLAGS -u MFLAGS make -f Makefile sqlite3.c shell.c
	touch $@
