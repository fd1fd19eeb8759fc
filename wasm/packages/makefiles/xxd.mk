# xxd: one file of vim's source.

xxd: src/xxd/xxd.c
	$(CC) $(CFLAGS) -DUNIX -o $@ $<
