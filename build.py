#!/usr/bin/env python3
"""One entry for everything: ``python build.py setup | build | python | serve | test | clean``.

Needs Python 3.11, Node with npm, gcc and make; fetches the rest. docs/building.md has the details.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - says so where an older one is tried
    sys.exit(f"build.py: Python 3.11 or later is needed; this is {sys.version.split()[0]}")

from wasm.builder.cli import main

if __name__ == "__main__":
    sys.exit(main())
