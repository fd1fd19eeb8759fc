"""``dist/kernel/``: what a start loads, small and known before it begins.

``boot.json`` lists it with the sizes on the wire, so that the page can show how far the start is; see
``BootFiles`` in web/worker/assets.js. Names have a hash in them: files of two builds never mix in a cache.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from . import paths, snapshot
from .compress import gzipped

if TYPE_CHECKING:
    from .assembly import Tree

#: programs that the first prompt needs
PROMPT_PROGRAMS = ("/usr/bin/bash",)


def add(tree: Tree) -> None:
    """Add ``kernel/`` to a tree that has everything else."""
    listed: dict[str, Any] = {
        "pyodide": {
            "module": _gzipped(tree, "pyodide", "wasm", tree.content("pyodide/pyodide.asm.wasm")),
            "script": _gzipped(tree, "pyodide", "mjs", tree.content("pyodide/pyodide.asm.mjs")),
        },
        "snapshot": None,
        "source": {
            "kernel": _as_it_is(tree, "tabux-kernel.zip"),
            "library": _as_it_is(tree, "pyodide/python_stdlib.zip"),
        },
        "manifest": _gzipped(tree, "userland", "json", tree.content("userland.json")),
        "programs": [_program(tree, path) for path in PROMPT_PROGRAMS],
    }
    modules = {name: (paths.WEB / name).read_bytes() for name in snapshot.MODULES}
    files = {name: tree.content(name) for name in snapshot.INGREDIENTS}
    made = snapshot.make(files | modules)
    if made:
        listed["snapshot"] = {**_gzipped(tree, "snapshot", "bin", made.data), "memory": made.memory}
    tree.add("kernel/boot.json", (json.dumps(listed, indent=1) + "\n").encode())


def _as_it_is(tree: Tree, name: str) -> dict[str, Any]:
    return {"url": name, "size": len(tree.content(name))}


def _gzipped(tree: Tree, stem: str, suffix: str, data: bytes) -> dict[str, Any]:
    name = f"kernel/{stem}-{hashlib.sha256(data).hexdigest()[:8]}.{suffix}.gz"
    packed = gzipped(data)
    tree.add(name, packed)
    return {"url": name, "size": len(packed)}


def _program(tree: Tree, path: str) -> dict[str, Any]:
    entries = json.loads(tree.content("userland.json"))["files"]
    entry = next(e for e in entries if e["path"] == path)
    return {**_as_it_is(tree, entry["url"]), "length": entry["size"], "sha256": entry["sha256"]}
