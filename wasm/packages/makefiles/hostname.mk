# hostname: its makefile links with NIS, which nobody has here.

hostname: hostname.c
	$(CC) $(CFLAGS) -D_GNU_SOURCE -o $@ $<
