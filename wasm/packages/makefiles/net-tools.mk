# net-tools: its makefile builds all of the programs, and asks for the settings.

LIBRARY = af unix inet inet6 getroute inet_gr inet6_gr interface hw loopback ether proc sockets util nstrcmp
OBJECTS = netstat.o statistics.o $(LIBRARY:%=lib/%.o)
SETTINGS = HAVE_AFUNIX HAVE_AFINET HAVE_AFINET6 HAVE_HWETHER

netstat: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c config.h version.h
	$(CC) $(CFLAGS) -D_GNU_SOURCE -I. -Ilib -Iinclude -c $< -o $@

config.h:
	printf '#define %s 1\n' $(SETTINGS) >$@

version.h:
	echo '#define RELEASE "net-tools 2.10"' >$@
