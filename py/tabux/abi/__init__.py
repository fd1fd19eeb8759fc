"""Linux's numbers: errno, flags, modes and signals, as programs know them.

Nothing here is taken from the running Python: Emscripten's `errno`, `os` and `signal` have other numbers.
"""
