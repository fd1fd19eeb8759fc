"""Data files of the guest in chunks: a few files on the wire instead of thousands, loaded when first read.

Each directory right below ``/usr/share`` that packages put data into is a bundle: the kernel makes its files
when somebody looks into it, and a chunk is fetched when one of its files is read. So a manual page costs one
chunk and not the whole manual. In ``userland.json`` a bundle is

    {"path", "bundle": {"chunks": [{"url", "size", "sha256"}, …], "index"}}

and the index one line for each file, in the order of their paths, fields separated by tabs:

    name/               a directory
    name  size [mode]   a file: the next ``size`` bytes of the chunk (mode octal; 644 where it is left out)
    name  =  other      the same content as the file ``other``, a hard link
    name  >  target     a symbolic link
    @                   from here on the next chunk
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .console import BuildError

SHARE = "/usr/share/"
#: a chunk is closed when it has so many bytes; it compresses to about a third
CHUNK = 256 << 10

Entry = dict[str, Any]


def entries(trees: list[Path], add: Callable[[str, bytes], Entry]) -> Iterator[Entry]:
    """The manifest's entries of all bundles.

    Args:
        trees: roots of data trees, with the files at their paths in the guest.
        add: ships a chunk, given a name for it and its bytes; its ``url``, ``size`` and ``sha256``.

    Raises:
        BuildError: a file is not below a directory in /usr/share, or two packages have the same one.
    """
    bundles: dict[str, dict[str, Path]] = {}
    for tree in trees:
        for path in sorted(tree.rglob("*")):
            if path.is_symlink() or path.is_file():
                guest = "/" + path.relative_to(tree).as_posix()
                top, _, name = guest.removeprefix(SHARE).partition("/")
                if not guest.startswith(SHARE) or not name:
                    raise BuildError(f"data files belong below {SHARE}<name>/: {guest}")
                files = bundles.setdefault(top, {})
                if name in files:
                    raise BuildError(f"two packages install {guest}")
                files[name] = path
    for top, files in sorted(bundles.items()):
        index, chunks = pack(files)
        listed = [add(f"{top}-{number}", chunk) for number, chunk in enumerate(chunks)]
        yield {"path": SHARE + top, "bundle": {"chunks": listed, "index": index}}


def pack(files: dict[str, Path]) -> tuple[str, list[bytes]]:
    """The index and the chunks of a bundle of files, by their names in it."""
    lines: list[str] = []
    chunks = [bytearray()]
    directories: set[str] = set()
    first: dict[bytes, str] = {}
    for name, path in sorted(files.items()):
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
        if content and first.setdefault(digest, name) != name:
            lines.append(f"{name}\t=\t{first[digest]}")
            continue
        if chunks[-1] and len(chunks[-1]) + len(content) > CHUNK:
            lines.append("@")
            chunks.append(bytearray())
        chunks[-1] += content
        mode = "\t755" if path.stat().st_mode & 0o100 else ""
        lines.append(f"{name}\t{len(content)}{mode}")
    return "".join(f"{line}\n" for line in lines), [bytes(c) for c in chunks]
