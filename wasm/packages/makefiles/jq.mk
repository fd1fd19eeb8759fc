# jq: Debian's archive has no configure; what it would find out on musl is below.

# Every mathematical function that jq offers, but for gamma, which musl does not have.
MATH = $(filter-out HAVE_GAMMA,$(sort $(shell grep -ho 'HAVE_[A-Z0-9_]*' src/libm.h)))
DEFINES = -D_GNU_SOURCE= -DIEEE_8087=1 -DHAVE_LIBONIG=1 -DHAVE_ALLOCA_H=1 -DHAVE_MEMMEM=1 -DHAVE_ISATTY=1 \
	-DHAVE_STRPTIME=1 -DHAVE_STRFTIME=1 -DHAVE_TIMEGM=1 -DHAVE_GMTIME_R=1 -DHAVE_GMTIME=1 -DHAVE_LOCALTIME_R=1 \
	-DHAVE_LOCALTIME=1 -DHAVE_GETTIMEOFDAY=1 -DHAVE_TM_TM_GMT_OFF=1 -DHAVE_SETLOCALE=1 -DHAVE_PTHREAD_KEY_CREATE=1 \
	-DHAVE_PTHREAD_ONCE=1 -DHAVE_ATEXIT=1 -DHAVE_MKTIME=1 \
	-DHAVE_FREXP=1 -DHAVE_MODF=1 -DHAVE_LGAMMA_R=1 $(addprefix -D,$(addsuffix =1,$(MATH)))

OBJECTS = $(addprefix src/,$(addsuffix .o,builtin bytecode compile execute jq_test jv jv_alloc jv_aux jv_dtoa \
	jv_file jv_parse jv_print jv_unicode lexer linker locfile main parser util))

jq: $(OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $^ -lonig -lm

%.o: %.c src/builtin.inc src/version.h
	$(CC) $(CFLAGS) $(CPPFLAGS) $(DEFINES) -I. -Isrc -c $< -o $@

src/builtin.inc: src/builtin.jq
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $< > $@

src/version.h:
	echo '#define JQ_VERSION "1.6"' > $@
