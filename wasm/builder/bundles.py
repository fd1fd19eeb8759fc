"""Data files of the guest in chunks: a few files on the wire instead of thousands, loaded when first read.

Each directory right below ``/usr/share`` or ``/usr/lib`` that packages put data into is a bundle: the
kernel makes its files when somebody looks into it, and a chunk is fetched when one of its files is
read. So a manual page costs one chunk and not the whole manual. In ``userland.json`` a bundle is

    {"path", "bundle": {"chunks": [{"url", "size", "sha256"}, …], "index"}}

and the index one line for each file, in the order of the chunks, fields separated by tabs:

    name/               a directory
    name  size [mode]   a file: the next ``size`` bytes of the chunk (mode octal; 644 where it is left out)
    name  =  other      the same content as the file ``other``, a hard link
    name  >  target     a symbolic link
    @                   from here on the next chunk

In the chunks files are in the order of their paths, but what is read together often comes together first
(``first`` in a recipe), and sources that lie beside their compiled form come last: only tracebacks show them.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .console import BuildError

ROOTS = ("/usr/share/", "/usr/lib/")
#: a chunk is closed when it has so many bytes; it compresses to about a third
CHUNK = 256 << 10

Entry = dict[str, Any]


def entries(
    trees: list[Path], add: Callable[[str, bytes], Entry], first: Sequence[str] = ()
) -> Iterator[Entry]:
    """The manifest's entries of all bundles.

    Args:
        trees: roots of data trees, with the files at their paths in the guest.
        add: ships a chunk, given a name for it and its bytes; its ``url``, ``size`` and ``sha256``.
        first: shell patterns of paths in the guest, whose files come first, in this order.

    Raises:
        BuildError: a file is not below a directory in one of the ROOTS, or two packages have the same one.
    """
    bundles: dict[str, dict[str, Path]] = {}
    for tree in trees:
        for path in sorted(tree.rglob("*")):
            if path.is_symlink() or path.is_file():
                guest = "/" + path.relative_to(tree).as_posix()
                top, name = _place(guest)
                files = bundles.setdefault(top, {})
                if name in files:
                    raise BuildError(f"two packages install {guest}")
                files[name] = path
    for top, files in sorted(bundles.items()):
        own = [p.removeprefix(f"{top}/") for p in first if p.startswith(f"{top}/")]
        index, chunks = pack(files, own)
        stem = Path(top).name
        listed = [add(f"{stem}-{number}", chunk) for number, chunk in enumerate(chunks)]
        yield {"path": top, "bundle": {"chunks": listed, "index": index}}


def _place(guest: str) -> tuple[str, str]:
    """The directory that is the bundle of a file, and the file's name in it."""
    for root in ROOTS:
        directory, _, name = guest.removeprefix(root).partition("/")
        if guest.startswith(root) and name:
            return root + directory, name
    raise BuildError(f"data files belong below {' or '.join(f'{root}<name>/' for root in ROOTS)}: {guest}")


def pack(files: dict[str, Path], first: Sequence[str] = ()) -> tuple[str, list[bytes]]:
    """The index and the chunks of a bundle of files, by their names in it; ``first`` has patterns of such."""
    lines: list[str] = []
    chunks = [bytearray()]
    directories: set[str] = set()
    same: dict[bytes, str] = {}
    for name in _in_order(files, first):
        path = files[name]
        steps = name.split("/")[:-1]
        for depth in range(1, len(steps) + 1):
            directory = "/".join(steps[:depth]) + "/"
            if directory not in directories:
                directories.add(directory)
                lines.append(directory)
        if path.is_symlink():
            lines.append(f"{name}\t>\t{path.readlink()}")
            continue
        content = path.read_bytes()
        digest = hashlib.sha256(content).digest()
        if content and same.setdefault(digest, name) != name:
            lines.append(f"{name}\t=\t{same[digest]}")
            continue
        if chunks[-1] and len(chunks[-1]) + len(content) > CHUNK:
            lines.append("@")
            chunks.append(bytearray())
        chunks[-1] += content
        mode = "\t755" if path.stat().st_mode & 0o100 else ""
        lines.append(f"{name}\t{len(content)}{mode}")
    return "".join(f"{line}\n" for line in lines), [bytes(c) for c in chunks]


def _in_order(files: dict[str, Path], first: Sequence[str]) -> list[str]:
    of_cache = re.compile(r"__pycache__/([^/]*?)\.[^/]*\.pyc$")
    compiled = {of_cache.sub(r"\1.py", name) for name in files if name.endswith(".pyc")}

    def rank(name: str) -> tuple[int, bool, str]:
        wanted = (number for number, p in enumerate(first) if fnmatch.fnmatchcase(name, p))
        return next(wanted, len(first)), name in compiled, name

    return sorted(files, key=rank)
