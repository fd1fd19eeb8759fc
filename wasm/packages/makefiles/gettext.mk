# envsubst and the few modules of gnulib that it links with; gettext's configure takes minutes.

LIB = gettext-runtime/gnulib-lib
OBJECTS = gettext-runtime/src/envsubst.o $(addprefix $(LIB)/,$(addsuffix .o,basename-lgpl c-ctype c-strcasecmp \
	closeout error fwriteerror getprogname localcharset malloca mbchar mbslen mbsstr progname propername striconv strnlen1 \
	trim xmalloc xstrdup xstriconv))
DEFINES = -D_GNU_SOURCE -DHAVE_CONFIG_H=1 -DPACKAGE='"gettext-runtime"' -DVERSION='"0.21"' \
	-DLOCALEDIR='"/usr/share/locale"' -DHAVE_DECL_PROGRAM_INVOCATION_NAME=1 -DHAVE_DECL_PROGRAM_INVOCATION_SHORT_NAME=1 \
	-DHAVE_DECL_STRERROR_R=1 -DHAVE_STRERROR_R=1 -DHAVE_ICONV=1 -DICONV_CONST= -DO_BINARY=0 -DO_TEXT=0 -DHAVE_LANGINFO_CODESET=1 -I. -I$(LIB) -w

envsubst: $(OBJECTS)
	$(CC) -o $@ $^

%.o: %.c config.h
	$(CC) $(CFLAGS) $(DEFINES) -c $< -o $@

# What gnulib's headers expect of it; the rest of what it would say is in DEFINES.
config.h:
	for name in DLL_VARIABLE _GL_INLINE_HEADER_BEGIN _GL_INLINE_HEADER_END '_GL_INLINE static inline' \
		'_GL_EXTERN_INLINE static inline' _GL_ATTRIBUTE_PURE _GL_ATTRIBUTE_CONST _GL_ATTRIBUTE_MALLOC \
		'_GL_ATTRIBUTE_ALLOC_SIZE(x)' '_GL_ATTRIBUTE_FORMAT(x)' '_GL_ATTRIBUTE_FORMAT_PRINTF(x, y)' '_GL_ARG_NONNULL(x)' _GL_UNUSED; \
		do echo "#define $$name"; done >$@
