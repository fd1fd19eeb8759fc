"""``dist/service-worker.js``: a build as a whole, each file with its hash.

The worker (web/service-worker.js) begins with the list of what a start needs; ``offline.json`` lists the
rest, which it keeps when the visitor wants everything offline. The version is the hash of both lists: a
build that differs in any file has another worker.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from . import paths

if TYPE_CHECKING:
    from .assembly import Tree

WORKER = "service-worker.js"
LIST = "offline.json"
#: what a page loads until its prompt, and by itself afterwards
START = (
    "index.html", "manifest.webmanifest", "icon.svg", "style.css", "vendor/", "page/", "tabux.js",
    "kernel-worker.js", "net/", "kernel/", "embed.html", "embed.css", "embed.js",
    "embed/",
)
#: what is only there to be read, or for other pages
NOT_KEPT = ("licenses/", "examples/", "adapters/", "kernel/boot.json")


def add(tree: Tree) -> None:
    """Add the worker and its list to a tree that has everything else."""
    programs = tuple(p["url"] for p in json.loads(tree.content("kernel/boot.json"))["programs"])
    start: list[tuple[str, str, int]] = []
    rest: list[tuple[str, str, int]] = []
    for name in sorted(tree.files):
        if name.startswith(NOT_KEPT):
            continue
        needed = name.startswith(START) or name in programs
        (start if needed else rest).append(_entry(tree, name))
    tree.add(LIST, (json.dumps(rest, separators=(",", ":")) + "\n").encode())
    listed = _entry(tree, LIST)
    version = hashlib.sha256(json.dumps([start, listed]).encode()).hexdigest()[:16]
    build = json.dumps({"version": version, "start": start, "list": listed}, separators=(",", ":"))
    script = (paths.WEB / WORKER).read_text()
    tree.add(WORKER, f"self.BUILD = {build};\n{script}".encode())


def _entry(tree: Tree, name: str) -> tuple[str, str, int]:
    data = tree.content(name)
    return name, hashlib.sha256(data).hexdigest(), len(data)
