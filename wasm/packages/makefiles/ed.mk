# ed: its configure only writes down a version and directories.

OBJECTS = buffer.o carg_parser.o global.o io.o main.o main_loop.o regex.o signal.o

ed: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c
	$(CC) $(CFLAGS) -DPROGVERSION='"1.19"' -c $< -o $@
