# netcat: its makefile compiles and links in one step, with options of its own.

FLAGS = -DLINUX -DTELNET -DGAPING_SECURITY_HOLE -DIP_TOS -DDEBIAN_VERSION='"1.10-47"' -D_GNU_SOURCE -include time.h

all: nc nc.traditional.1

nc: netcat.c generic.h
	$(CC) $(CFLAGS) $(FLAGS) -o $@ $<

nc.traditional.1: debian/man/nc.1
	cp $< $@
