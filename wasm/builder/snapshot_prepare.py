"""Run in Pyodide before the snapshot is taken: imports everything that is ever needed, and tidies up.

There is no library to import from after the snapshot: its zip file is not loaded.
"""

import gc
import importlib
import json
import linecache
import pkgutil
import random  # noqa: F401 - seeded anew by every start
import sys
import traceback
import zipimport

import tabux

for module in pkgutil.walk_packages(tabux.__path__, "tabux."):
    # (extensions need all of the library, and so a start without a snapshot)
    if not module.name.startswith("tabux.extensions"):
        importlib.import_module(module.name)

# what these import when they are used first
try:
    json.loads("nonsense")
except ValueError:
    traceback.format_exc()
"ä".encode("latin-1").decode("utf-8", "replace")

sys.path[:] = [place for place in sys.path if not place.endswith(".zip")]
sys.path_importer_cache.clear()
zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]
linecache.clearcache()
for name in ("module", "name", "place"):
    globals().pop(name, None)
gc.collect()
gc.freeze()
