"""The file system: inodes, path walk and the operations on names, with Linux's rules and error numbers.

File contents are not here: they belong to whoever implements `tabux.fs.store.Store` (in the browser, the
gate). Names, paths and link texts are `str` whose characters are bytes (latin-1); times are int nanoseconds.
"""
