# bash-completion: there is nothing to compile. Completions that several commands share have links, which upstream's
# makefile lists in a rule of their own; the rest of it wants automake.

all:
	mkdir -p share
	cp -R bash_completion completions helpers share/
	sed -n '/^symlinks:/,/^$$/ { s/$$(DATA)//; p; }' completions/Makefile.am > rule.mk
	$(MAKE) -f rule.mk symlinks ss='sh setup-symlinks.sh share/completions'
