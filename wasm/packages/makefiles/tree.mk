# tree: its own makefile knows no cross compiler.

OBJECTS = tree.o list.o hash.o color.o file.o filter.o info.o unix.o xml.o json.o html.o strverscmp.o

tree: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c tree.h
	$(CC) $(CFLAGS) -DLINUX -D_GNU_SOURCE -c $< -o $@
