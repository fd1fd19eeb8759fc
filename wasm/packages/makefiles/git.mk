# git by its own Makefile, told what Debian tells it and what is true of musl and the guest.

# As Debian builds it, without what needs perl, python or Tcl. Of the transports there is HTTP, by libcurl.
CURL_CONFIG = :
CURL_LDFLAGS = -lcurl -lz
override prefix = /usr
override gitexecdir = /usr/lib/git-core
HOST_CPU = wasm32
USE_LIBPCRE2 = 1
DEFAULT_PAGER = pager
DEFAULT_EDITOR = editor
SANE_TOOL_PATH =
NO_OPENSSL = 1
NO_EXPAT = 1
NO_PERL = 1
NO_PYTHON = 1
NO_TCLTK = 1
NO_GETTEXT = 1

# musl: its regex cannot start in the middle, its UTF-16 has no byte order mark.
NO_REGEX = NeedsStartEnd
ICONV_OMITS_BOM = 1

# The guest: git is built without threads and Unix sockets, and a mapping of a file would be a copy anyway.
NO_PTHREADS = 1
NO_UNIX_SOCKETS = 1
NO_MMAP = 1

COMPUTE_HEADER_DEPENDENCIES = no

SHELL_COMMANDS = $(SCRIPT_SH_GEN) $(SCRIPT_LIB) git-subtree

tabux: git git-shell git-sh-i18n--envsubst git-remote-http scripts
	$(MAKE) -C templates

include Makefile

.PHONY: tabux scripts
scripts: $(SHELL_COMMANDS)

git-subtree: contrib/subtree/git-subtree.sh
	sed '1s|#!.*/sh|#!$(SHELL_PATH)|' $< > $@
