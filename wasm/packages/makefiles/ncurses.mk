# ncurses by upstream's makefiles, which make the terminfo database and the manual pages when they install; here it is
# done in the tree.

MAN1 = captoinfo infocmp infotocap tic toe
PAGES = $(addsuffix .1,$(MAN1) clear tabs tput tset) scr_dump.5 term.5 terminfo.5 user_caps.5 term.7

all: database $(addprefix pages/,$(PAGES))

programs:
	$(MAKE) -f Makefile -C include
	$(MAKE) -f Makefile -C ncurses
	$(MAKE) -f Makefile -C panel
	$(MAKE) -f Makefile -C progs
	$(MAKE) -f Makefile -C misc run_tic.sed terminfo.tmp
	$(MAKE) -f Makefile -C man terminfo.5

# All terminals there are; the recipe chooses.
database: native-tic
	./native-tic -x -o $@ misc/terminfo.tmp

# A tic for the machine that builds. What configure found out about musl is true enough of other libcs.
native-tic: programs
	gcc -w -O1 -ffunction-sections -fdata-sections -Wl,--gc-sections -Iinclude -Incurses -Iprogs \
		-DHAVE_CONFIG_H -DUSE_BUILD_CC -DUSE_TERMLIB '-Dissetugid()=0' -o $@ \
		$(addprefix progs/,tic.c dump_entry.c tparm_type.c transform.c) \
		$(filter-out %/make_hash.c %/make_keys.c %/tinfo_driver.c,$(wildcard ncurses/tinfo/*.c)) \
		$(addprefix ncurses/,codes.c comp_captab.c comp_userdefs.c fallback.c lib_keyname.c names.c unctrl.c) \
		$(addprefix ncurses/base/,keybound.c tries.c version.c) $(addprefix ncurses/trace/,lib_trace.c visbuf.c)

pages/%: programs
	mkdir -p pages
	sed -e 's,@DATADIR@,/usr/share,g' -e 's,@TERMINFO@,/etc/terminfo,g' \
		-e 's,@TERMINFO_DIRS@,/etc/terminfo:/lib/terminfo:/usr/share/terminfo,g' \
		-e 's,@NCURSES_MAJOR@,6,g' -e 's,@NCURSES_MINOR@,4,g' -e 's,@NCURSES_PATCH@,20221231,g' \
		-e 's,@\([A-Z]*\)@,\L\1,g' $(firstword $(wildcard man/$* man/$*m)) >$@
