"""tabux: a Unix in a browser tab. This package is its kernel; it runs on any CPython 3.11 or later."""
