# figlet: its makefile has the compiler, the linker and the place of the fonts in it.

all: figlet chkfont

figlet: figlet.o zipio.o crc.o inflate.o utf8.o
	$(CC) -o $@ $^

chkfont: chkfont.o
	$(CC) -o $@ $^

%.o: %.c
	$(CC) $(CFLAGS) -DTLF_FONTS -DDEFAULTFONTDIR='"/usr/share/figlet"' -DDEFAULTFONTFILE='"standard"' -c $< -o $@
