# dos2unix with UTF-16, without translations.

DEFINES = -DVER_REVISION='"7.4.3"' -DVER_DATE='"2022-06-05"' -DVER_AUTHOR='"Erwin Waterlander"' -DDEBUG=0 \
	-DD2U_UNICODE

all: dos2unix unix2dos

dos2unix unix2dos: %: %.o querycp.o common.o
	$(CC) -o $@ $^

%.o: %.c
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@
