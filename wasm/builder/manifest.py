"""``userland.json``: what the kernel populates the guest's root file system from.

A list of files, each one of

    {"path", "mode", "url", "size", "sha256", "package"}   a program or a long text, its URL relative to dist/
    {"path", "link"}                                       a hard link
    {"path", "symlink"}                                    a symbolic link
    {"path", "dir": true, "mode"}                          a directory
    {"path", "mode", "text"}                               a small text file
    {"path", "mode", "base64"}                             a small file that is no text
    {"path", "bundle"}                                     a directory of data files, see bundles.py

with ``uid`` and ``gid`` where they are not 0. Directories come before what is in them, and a hard link
after its target.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import bundles, cxx, manual, paths
from .userland import Built, jobs

Entry = dict[str, Any]

#: Puts a file into the site, given stem and suffix of its name, and its bytes: ``url``, ``size``, ``sha256``.
Ship = Callable[[str, str, bytes], Entry]

#: a text that is larger is not part of the manifest, which every start loads, bytes
INLINE_LIMIT = 2048


def manifest(built: list[Built], ship: Ship) -> dict[str, Any]:
    """The content of ``userland.json``, and what it names shipped.

    Raises:
        BuildError: the data files of the packages do not go together.
    """
    files = [_shipped(entry, ship) for entry in skeleton(paths.ROOTFS)]
    for b in built:
        files += package_files(b, ship)
    data = [paths.ROOTFS / "data", *(b.place / "data" for b in built if (b.place / "data").is_dir())]
    data += manual.index(built, data)
    first = [f"{d.path}/{pattern}" for b in built for d in b.recipe.data for pattern in d.first]
    files += bundles.entries(data, lambda stem, chunk: ship(stem, "data", chunk), first)
    files += _cxx(ship)
    return {
        "files": files,
        "packages": [
            {"name": b.recipe.name, "version": b.recipe.version, "licence": b.recipe.licence} for b in built
        ],
    }


def _cxx(ship: Ship) -> list[Entry]:
    """The run time of C++, which is loaded with the first library that needs it."""
    library = (cxx.library(jobs()) / cxx.NAME).read_bytes()
    path = f"/usr/lib/{cxx.NAME}"
    names: list[Entry] = [{"path": f"/usr/lib/{name}", "symlink": cxx.NAME} for name in cxx.SYMLINKS]
    return [{"path": path, "mode": 0o644, **ship("libc++", "so", library)}, *names]


def skeleton(rootfs: Path) -> list[Entry]:
    """Directories, links and configuration files of the committed tree.

    ``tree.toml`` lists directories, symbolic links and what differs from root's 0644; the files are below
    ``files/`` at their place in the guest.
    """
    table = tomllib.loads((rootfs / "tree.toml").read_text())
    entries = [_directory(path, d) for path, d in table["directories"].items()]
    entries += [{"path": path, "symlink": target} for path, target in table["symlinks"].items()]
    special: dict[str, dict[str, Any]] = table["files"]
    for file in sorted((rootfs / "files").rglob("*")):
        if file.is_file():
            path = "/" + file.relative_to(rootfs / "files").as_posix()
            own = special.get(path, {})
            entry = {"path": path, "mode": own.get("mode", 0o644), "text": file.read_text()}
            entries.append(_owned(entry, own))
    return entries


def _directory(path: str, table: dict[str, Any]) -> Entry:
    return _owned({"path": path, "dir": True, "mode": table.get("mode", 0o755)}, table)


def _owned(entry: Entry, table: dict[str, Any]) -> Entry:
    for name in ("uid", "gid"):
        if table.get(name):
            entry[name] = table[name]
    return entry


def package_files(b: Built, ship: Ship) -> list[Entry]:
    """What a package installs."""
    entries: list[Entry] = []
    for p in b.recipe.programs:
        binary = ship(p.name, "wasm", (b.programs[p.name] / "program.wasm").read_bytes())
        entries.append({"path": p.path, "mode": 0o755, **binary, "package": b.recipe.name})
        entries += [{"path": sibling(p.path, name), "link": p.path} for name in p.links]
        entries += [{"path": sibling(p.path, name), "symlink": Path(p.path).name} for name in p.symlinks]
    for f in b.recipe.files:
        data = (b.place / "files" / Path(f.path).name).read_bytes()
        inline = f.early or len(data) <= INLINE_LIMIT
        content = _content(data) if inline else ship(Path(f.path).name, "text", data)
        entries.append({"path": f.path, "mode": f.mode, **content, "package": b.recipe.name})
    return entries


def _shipped(entry: Entry, ship: Ship) -> Entry:
    """A file of the committed tree, its text shipped if it is long and no part of the start."""
    text = entry.get("text", "").encode()
    if len(text) <= INLINE_LIMIT or not entry["path"].startswith("/usr/"):
        return entry
    return {**{k: v for k, v in entry.items() if k != "text"}, **ship(Path(entry["path"]).name, "text", text)}


def _content(data: bytes) -> Entry:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def sibling(path: str, name: str) -> str:
    """A name in the same directory, or an absolute path as it is."""
    return name if name.startswith("/") else str(Path(path).with_name(name))
