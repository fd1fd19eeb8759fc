# figlet: its makefile has the compiler, the linker and the place of the fonts in it.

all: figlet chkfont

figlet: figlet.o zipio.o crc.o inflate.o utf8.o
	$(CC) -o $@ $^

chkfont: chkfont.o
	$(CC) -o $@ $^

# glibc alone has the macros for C++.
%.o: %.c
	$(CC) $(CFLAGS) -D__BEGIN_DECLS= -D__END_DECLS= -DTLF_FONTS -DDEFAULTFONTDIR='"/usr/share/figlet"' \
		-DDEFAULTFONTFILE='"standard"' -c $< -o $@
