# CPython for the machine that builds, and its library as an archive that is only stored: it may have no zlib.

all: python314.zip
	touch nothing

python314.zip: python
	./python -c "import zipfile, pathlib, py_compile; \
	archive = zipfile.ZipFile('$@', 'w'); \
	skip = {'test', 'tests', 'idlelib', 'tkinter', 'turtledemo', '__pycache__', '_bundled'}; \
	[archive.write(py_compile.compile(p, 'module.pyc', doraise=True), p.relative_to('Lib').with_suffix('.pyc')) \
	 for p in sorted(pathlib.Path('Lib').rglob('*.py')) if not skip.intersection(p.parts)]"

python:
	$(MAKE) -f Makefile python
