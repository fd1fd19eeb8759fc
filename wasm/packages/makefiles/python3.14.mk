# CPython by upstream's makefile, and the standard library and pip as they are installed. Compiled files lie beside
# the sources and are never compared with them: both come from here.

VERSION = 3.14
INSTALLED = /usr/lib/python$(VERSION)
WITHOUT = test tests idlelib tkinter turtledemo idle_test __pycache__

.PHONY: all python
all: python library scripts pages

python: frozen
	$(MAKE) -f Makefile python pybuilddir.txt

# What the recipe adds to the frozen modules has to be frozen. It becomes part of upstream's makefile, which makes
# itself anew.
frozen:
	python$(VERSION) Tools/build/freeze_modules.py --frozen-modules
	touch $@

# pip is installed, and its wheel stays for virtual environments.
PIP = $(wildcard Lib/ensurepip/_bundled/pip-*.whl)

library: python
	rm -rf $@
	mkdir -p $@/lib-dynload $@/site-packages
	touch $@/lib-dynload/.keep
	tar -cf - $(addprefix --exclude=,$(WITHOUT)) -C Lib . | tar -xf - -C $@
	rm -f $@/turtle.py
	sed -e "s,$(CURDIR),/usr/src/python$(VERSION),g" -e "s,$(dir $(CC)),,g" -e "s,-[IL][^ ']*/exports *,,g" \
		-e "s/^build_time_vars = {/&'PYEMSCRIPTEN_PLATFORM_VERSION': '2026_0',\n /" \
		`cat pybuilddir.txt`/_sysconfigdata_*.py >$@/_sysconfigdata__linux_.py
	$(BUILD_PYTHON) -m zipfile -e $(PIP) $@/site-packages
	cd $@/site-packages && rm ../ensurepip/_bundled/*.whl && \
		$(BUILD_PYTHON) -m zipfile -c ../ensurepip/_bundled/$(notdir $(PIP)) pip pip-*
	python$(VERSION) -m compileall -q -j0 --invalidation-mode unchecked-hash -s $@ -p $(INSTALLED) $@

scripts: library
	mkdir -p $@
	for name in pip pip3 pip$(VERSION); do \
		printf '#!/usr/bin/python$(VERSION)\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n' >$@/$$name; \
	done
	for name in pydoc3 pydoc$(VERSION); do \
		printf '#!/usr/bin/python$(VERSION)\nimport pydoc\npydoc.cli()\n' >$@/$$name; \
	done

pages:
	mkdir -p $@
	for name in python python3 python$(VERSION); do cp Misc/python.man $@/$$name.1; done
